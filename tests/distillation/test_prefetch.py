"""What is read ahead comes in order, one at a time, and its errors where it would come."""

import threading
from contextlib import closing

import pytest

from distilbeto.distillation.training_data import prefetch
from distilbeto.errors import UserError


def test_all_come_in_order() -> None:
    assert list(prefetch(lambda number: number**2, range(20))) == [number**2 for number in range(20)]
    assert list(prefetch(str, range(0))) == []
    assert list(prefetch(str, [7])) == ["7"]


def test_the_next_is_read_while_one_is_in_use_and_no_more_than_that() -> None:
    begun = [threading.Event() for _ in range(10)]
    with closing(prefetch(lambda number: begun[number].set(), range(10))) as results:
        for number in range(9):
            next(results)
            assert begun[number + 1].wait(timeout=60)
            assert not any(event.is_set() for event in begun[number + 2 :])


def test_an_error_is_raised_where_its_result_would_be() -> None:
    def read(number: int) -> int:
        if number == 2:
            raise UserError("damaged")
        return number

    results = prefetch(read, range(5))
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(UserError, match="damaged"):
        next(results)


def test_no_thread_is_left_when_the_reader_is_closed() -> None:
    with closing(prefetch(str, range(5))) as results:
        next(results)
        assert any(thread.name.startswith("prefetch") for thread in threading.enumerate())
    assert not any(thread.name.startswith("prefetch") for thread in threading.enumerate())

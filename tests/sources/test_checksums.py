import json
import threading

import pytest

from distilbeto.errors import UserError
from distilbeto.sources.checksums import verify_or_record


def test_new_files_of_a_repository_join_the_recorded_ones(tmp_path):
    path = tmp_path / "checksums.json"
    verify_or_record("hub:a/b@c", {"config.json": "1"}, path)
    verify_or_record("hub:a/b@c", {"vocab.txt": "2"}, path)
    assert json.loads(path.read_text()) == {"hub:a/b@c": {"config.json": "1", "vocab.txt": "2"}}
    with pytest.raises(UserError, match=r"config\.json"):
        verify_or_record("hub:a/b@c", {"config.json": "3", "vocab.txt": "2"}, path)


def test_nothing_is_lost_when_several_record_at_once(tmp_path):
    path = tmp_path / "checksums.json"
    threads = [threading.Thread(target=verify_or_record, args=(f"https://{i}", str(i), path)) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert json.loads(path.read_text()) == {f"https://{i}": str(i) for i in range(20)}


def test_a_damaged_record_is_an_error(tmp_path):
    (tmp_path / "checksums.json").write_text("[]")
    with pytest.raises(UserError, match="JSON object"):
        verify_or_record("https://a", "1", tmp_path / "checksums.json")

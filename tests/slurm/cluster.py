"""A SLURM of the test's own: munge, slurmctld and slurmd on loopback, as one node with two GPUs that are /dev/null.

Its files lie in one folder. Only links to its configuration are made elsewhere, in /etc/slurm: what Snakemake submits
does not keep SLURM_CONF. Daemons are ended by the numbers in their own pid files, and only if they are what these say.
"""

import os
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

SYSTEM = Path("/etc/slurm")
FILES = ["slurm.conf", "gres.conf", "cgroup.conf"]
PREFIX = "distilbeto-slurm-"  # of folders of tests, by which links of an ended test are told from a real cluster's
DAEMONS = ["slurmd", "slurmctld", "munged"]  # in the order in which they are ended
PROGRAMS = ["slurmctld", "slurmd", "munged", "sbatch", "srun", "squeue", "scontrol", "scancel", "sinfo"]
DEADLINE = 900.0  # for what never comes: a busy machine takes minutes to start a job

SLURM_CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/jobcomp.txt
MinJobAge=3600
KillWait=2
MailProg=/bin/true
NodeName={host} NodeAddr=127.0.0.1 CPUs=16 RealMemory=200000 Gres=gpu:fake:2 State=UNKNOWN
PartitionName=cpu Nodes={host} Default=YES MaxTime=2-00:00:00 State=UP
PartitionName=gpu Nodes={host} Default=NO MaxTime=2-00:00:00 State=UP
"""
GRES_CONF = "NodeName={host} Name=gpu Type=fake File={folder}/gpu[0-1]\n"
CGROUP_CONF = "CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n"


def why_not() -> str | None:
    """Why no SLURM of the test's own can be started here; None where it can."""
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    if absent:
        return f"SLURM is not installed (Debian: slurm-wlm, munge): there is no {absent[0]}"
    if os.getuid() != 0:
        return "starting SLURM needs root"
    foreign = [path for path in (SYSTEM / name for name in FILES) if os.path.lexists(path) and not _is_ours(path)]
    if foreign:
        return f"{foreign[0]} is a real cluster's, and is left alone"
    return None


def start() -> Path:
    """Start it and wait for its node; returns its folder. One that an earlier test left behind is ended first."""
    _end_leftover()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    folder.chmod(0o755)
    ports = _free_ports()
    for name in ("munge", "state", "spool"):
        (folder / name).mkdir(mode=0o755)
    for name, text in zip(FILES, (SLURM_CONF, GRES_CONF, CGROUP_CONF), strict=True):
        (folder / name).write_text(text.format(host=host(), folder=folder, ports=ports))
        (SYSTEM / name).symlink_to(folder / name)
    for number in (0, 1):
        os.mknod(folder / f"gpu{number}", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    try:
        _start_daemons(folder)
    except BaseException:
        stop(folder)
        raise
    return folder


def host() -> str:
    """The name of the one node."""
    return socket.gethostname().partition(".")[0]


def _free_ports() -> list[int]:
    with socket.socket() as first, socket.socket() as second:
        for one in (first, second):
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in (first, second)]


def _start_daemons(folder: Path) -> None:
    key = folder / "munge" / "key"
    key.touch(mode=0o600)
    key.write_bytes(secrets.token_bytes(1024))
    files = {"key-file": key, "socket": folder / "munge/socket", "pid-file": folder / "munged.pid"}
    places = files | {"log-file": folder / "munge/log", "seed-file": folder / "munge/seed"}
    run("munged", "--force", "--num-threads=1", *(f"--{name}={path}" for name, path in places.items()))
    run("slurmctld", "-c")
    run("slurmd", "-N", host())
    wait_for(lambda: run("sinfo", "--noheader", "--format=%T", check=False) == "idle", "an idle node")


def stop(folder: Path) -> None:
    """End all jobs, then the daemons; remove the links and the folder."""
    if _process_of(folder, "slurmctld") is not None:
        run("scancel", "--signal=KILL", "--full", f"--user={os.getuid()}", check=False)
        run("scancel", f"--user={os.getuid()}", check=False)
        wait_for(lambda: not run("squeue", "--noheader", check=False), "the end of all jobs", fatal=False)
    for daemon in DAEMONS:
        _end(folder, daemon)
    for name in FILES:
        if (SYSTEM / name).is_symlink() and (SYSTEM / name).readlink().parent == folder:
            (SYSTEM / name).unlink()
    shutil.rmtree(folder, ignore_errors=True)


def _end(folder: Path, daemon: str) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        process = _process_of(folder, daemon)
        if process is not None:
            os.kill(process, number)
            wait_for(lambda: _process_of(folder, daemon) is None, f"the end of {daemon}", seconds=10, fatal=False)


def run(*command: str, check: bool = True) -> str:
    """What a program prints. Clients of SLURM hang when its controller is gone: they get a time limit."""
    ran = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert not check or ran.returncode == 0, f"{' '.join(command)}: {ran.stdout}{ran.stderr}"
    return ran.stdout.strip()


def wait_for(holds: Callable[[], object], what: str, *, seconds: float = DEADLINE, fatal: bool = True) -> None:
    """Ask until it holds. The time is a limit for what never comes: no result depends on it."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            assert not fatal, f"waited {seconds:.0f} s for {what}"
            return
        time.sleep(0.1)


def _process_of(folder: Path, daemon: str) -> int | None:
    """The number in a daemon's pid file, if that process lives and is that daemon."""
    try:
        process = int((folder / f"{daemon}.pid").read_text())
        return process if Path(f"/proc/{process}/exe").resolve().name.startswith(daemon) else None
    except (OSError, ValueError):
        return None


def _is_ours(path: Path) -> bool:
    return path.is_symlink() and path.readlink().parent.name.startswith(PREFIX)


def _end_leftover() -> None:
    for folder in {(SYSTEM / name).readlink().parent for name in FILES if _is_ours(SYSTEM / name)}:
        stop(folder)

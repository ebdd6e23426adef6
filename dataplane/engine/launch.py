"""Start a program detached from whoever starts it; run as a script, alone, with ``python -I -S``.

With hot restart on, Envoy asks the kernel for SIGTERM when the thread that started it ends, and a node that dies
must not take its engine along. So a grandchild waits until it is an orphan, and only then becomes the program.
A script of its own, since a fork inside a process with gRPC threads is not safe.

Arguments: open-file limit, the file for standard output and error, the program and its arguments. Prints the
grandchild's process id before the program starts.
"""

import os
import resource
import sys
import time


def main(files: int, errors: str, command: list[str]) -> None:
    """Fork, print the child's id and exit; the child becomes the program once it is an orphan."""
    os.setsid()
    parent = os.getpid()
    child = os.fork()
    if child:
        print(child, flush=True)  # noqa: T201  (the answer to who started this)
        return
    while os.getppid() == parent:
        time.sleep(0.001)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    output = os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    os.umask(0o077)
    os.chdir("/")
    os.execv(command[0], command)  # noqa: S606  (no shell is wanted)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])

"""How gunicorn serves the console: ``gunicorn -c python:lbadmin.gunicorn lbadmin.wsgi``.

``WEB_CONCURRENCY`` sets the number of worker processes, 1 unless given.
"""

import gc
from importlib import import_module
from pathlib import Path

from gunicorn.http import message

from lbadmin.environment import read_environment

bind = read_environment().bind
worker_class = "lbadmin.worker.Worker"
threads = 8
timeout = 60
graceful_timeout = 5
keepalive = 15
# The cloud's clients send certificates and keys in the query. gunicorn knows 8,190 bytes or no bound; this is ours.
limit_request_line = message.MAX_REQUEST_LINE = 64 * 1024
# A worker's heartbeat file on a disk can block it (gunicorn's FAQ).
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - gunicorn makes its own file in it
# Nothing here talks to the control socket; one less thing to guard.
control_socket_disable = True
# An access log would repeat query strings, which hold what people search for, and keys. A proxy in front can keep one
# without them.
accesslog = None
errorlog = "-"
loglevel = "info"


def post_worker_init(worker: object) -> None:
    """Load all pages and operations, and take them out of every later garbage collection, which would pause a page."""
    import_module("lbadmin.urls")
    gc.collect()
    gc.freeze()

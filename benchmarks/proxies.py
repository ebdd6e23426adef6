"""The peers: each ends TLS on one port, with one worker, and hands the plain stream to one backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import free_port, running, wait_for_port

PROXY_CPU = 0
OTHERS_CPU = 1


@dataclass(frozen=True, slots=True)
class Setting:
    """What every proxy is given: the files, the backend, and a folder of its own."""

    folder: Path
    certificate: Path  # leaf and key in one file
    backend_port: int


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that serves: the port, and the process whose CPU counts."""

    name: str
    port: int
    pid: int


# Writes a configuration that serves on the port; returns what to run.
Command = Callable[[Setting, int], list[str]]


@contextmanager
def backend(folder: Path) -> Iterator[int]:
    """Serve a small and a large file over plain HTTP with nginx; yield the port."""
    port = free_port()
    (folder / "www").mkdir(parents=True)
    (folder / "www/small").write_bytes(b"x" * 100)
    (folder / "www/large").write_bytes(bytes(1_000_000))
    folder.parent.chmod(0o755)  # the workers drop their privileges
    config = folder / "backend.conf"
    config.write_text(f"""
daemon off; worker_processes 1; pid {folder}/backend.pid; error_log {folder}/backend.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; keepalive_requests 100000000; tcp_nopush on;
  server {{ listen 127.0.0.1:{port} backlog=4096; root {folder}/www; }}
}}
""")
    with running(["nginx", "-c", config, "-p", folder], folder / "backend.out", OTHERS_CPU):
        wait_for_port(port)
        yield port


def _nginx(setting: Setting, port: int) -> list[str]:
    config = setting.folder / "nginx.conf"
    config.write_text(f"""
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off; worker_processes 1; pid {setting.folder}/nginx.pid; error_log {setting.folder}/nginx.log;
events {{ worker_connections 4096; }}
stream {{
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096;
    ssl_certificate {setting.certificate}; ssl_certificate_key {setting.certificate};
    ssl_protocols TLSv1.2 TLSv1.3;
    proxy_pass 127.0.0.1:{setting.backend_port};
  }}
}}
""")
    return ["nginx", "-c", str(config), "-p", str(setting.folder)]


def _haproxy(setting: Setting, port: int) -> list[str]:
    config = setting.folder / "haproxy.cfg"
    config.write_text(f"""
global
  nbthread 1
  maxconn 4096
  ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen tls
  bind 127.0.0.1:{port} ssl crt {setting.certificate} backlog 4096
  server backend 127.0.0.1:{setting.backend_port}
""")
    return ["haproxy", "-db", "-f", str(config)]


def _hitch(setting: Setting, port: int) -> list[str]:
    config = setting.folder / "hitch.conf"
    config.write_text(f"""
frontend = "[127.0.0.1]:{port}"
backend = "[127.0.0.1]:{setting.backend_port}"
pem-file = "{setting.certificate}"
workers = 1
backlog = 4096
daemon = off
user = "nobody"
write-proxy-v2 = off
tls-protos = TLSv1.2 TLSv1.3
""")
    return ["hitch", f"--config={config}"]


def _stunnel(setting: Setting, port: int) -> list[str]:
    config = setting.folder / "stunnel.conf"
    config.write_text(f"""
foreground = yes
pid =
[tls]
accept = 127.0.0.1:{port}
connect = 127.0.0.1:{setting.backend_port}
cert = {setting.certificate}
sslVersionMin = TLSv1.2
""")
    return ["stunnel4", str(config)]


PEERS: Mapping[str, Command] = {
    "nginx": _nginx,
    "HAProxy": _haproxy,
    "hitch": _hitch,
    "stunnel": _stunnel,
}


@contextmanager
def peer(name: str, setting: Setting, commands: Mapping[str, Command] = PEERS) -> Iterator[Proxy]:
    """Run one peer on one CPU."""
    port = free_port()
    with running(commands[name](setting, port), setting.folder / f"{name}.out", PROXY_CPU) as process:
        wait_for_port(port)
        yield Proxy(name, port, process.pid)

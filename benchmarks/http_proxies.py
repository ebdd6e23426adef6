"""The peers that read requests: each ends TLS for HTTP/1.1 and HTTP/2, and keeps connections to one backend."""

from __future__ import annotations

from benchmarks.proxies import Setting

KEPT_TO_BACKEND = 256


def _nginx(setting: Setting, port: int) -> list[str]:
    config = setting.folder / "nginx-http.conf"
    config.write_text(f"""
daemon off; worker_processes 1; pid {setting.folder}/nginx-http.pid; error_log {setting.folder}/nginx-http.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 100000000;
  upstream backend {{
    server 127.0.0.1:{setting.backend_port};
    keepalive {KEPT_TO_BACKEND}; keepalive_requests 100000000;
  }}
  server {{
    listen 127.0.0.1:{port} ssl http2 backlog=4096;
    ssl_certificate {setting.certificate}; ssl_certificate_key {setting.certificate};
    ssl_protocols TLSv1.2 TLSv1.3;
    location / {{
      proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
  }}
}}
""")
    return ["nginx", "-c", str(config), "-p", str(setting.folder)]


def _haproxy(setting: Setting, port: int) -> list[str]:
    config = setting.folder / "haproxy-http.cfg"
    config.write_text(f"""
global
  nbthread 1
  maxconn 4096
  ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
  mode http
  option forwardfor
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen https
  bind 127.0.0.1:{port} ssl crt {setting.certificate} alpn h2,http/1.1 backlog 4096
  server backend 127.0.0.1:{setting.backend_port} pool-max-conn {KEPT_TO_BACKEND}
""")
    return ["haproxy", "-db", "-f", str(config)]


HTTP_PEERS = {"nginx": _nginx, "HAProxy": _haproxy}

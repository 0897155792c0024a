"""Files of the images that no package or tool brings: accounts, nginx's configuration, small links."""

from __future__ import annotations

from lab.images.layer import Entry, directory, file, symlink

_USERS = {"root": (0, "/root"), "nonroot": (65532, "/nonexistent"), "nobody": (65534, "/nonexistent")}


def accounts(**more: int) -> tuple[Entry, ...]:
    """/etc/passwd and /etc/group with the usual users and `more`, each with a group of the same number."""
    users = _USERS | {name: (number, "/nonexistent") for name, number in more.items()}
    passwd = "".join(f"{n}:x:{i}:{i}:{n}:{home}:{_shell(i)}\n" for n, (i, home) in users.items())
    group = "".join(f"{n}:x:{i}:\n" for n, (i, _) in users.items())
    return (file("etc/passwd", passwd.encode()), file("etc/group", group.encode()))


def _shell(number: int) -> str:
    return "/bin/sh" if number == 0 else "/sbin/nologin"


USERS = (
    *accounts(),
    # Without it glibc asks DNS before /etc/hosts, and a pod's hostAliases would not count.
    file("etc/nsswitch.conf", b"passwd: files\ngroup: files\nhosts: files dns\n"),
    directory("tmp", 0o1777),
    directory("root", 0o700),
    directory("run"),
)

MERGED_USR = tuple(symlink(name, f"usr/{name}") for name in ("bin", "sbin", "lib", "lib64"))
"""Debian's layout since 12: programs may be called by either path."""

_WGET = b"""\
#!/bin/sh
# Debian's busybox before 1.36.1-5 dies of a segmentation fault when wget is given -T.
limit= left=$#
while [ "$left" -gt 0 ]; do
    word=$1 left=$((left - 1))
    shift
    case $word in
        --timeout=*) limit=${word#*=} ;;
        -T?*) limit=${word#-T} ;;
        -[cqS]T?*) limit=${word#-?T}; set -- "$@" "${word%%T*}" ;;
        -T | --timeout) limit=$1 left=$((left - 1)); shift ;;
        -[cqS]T) limit=$1 left=$((left - 1)); shift; set -- "$@" "${word%T}" ;;
        *) set -- "$@" "$word" ;;
    esac
done
[ -n "$limit" ] || exec busybox wget "$@"
timeout "$limit" busybox wget "$@"
code=$?
[ "$code" -ne 143 ] || { echo "wget: download timed out" >&2; code=1; }
exit "$code"
"""

WGET = file("usr/bin/wget", _WGET, 0o755)

_NGINX_CONF = b"""\
user nginx;
worker_processes auto;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;

events {
    worker_connections 1024;
}

http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    log_format main '$remote_addr - $remote_user [$time_local] "$request" '
                    '$status $body_bytes_sent "$http_referer" '
                    '"$http_user_agent" "$http_x_forwarded_for"';
    access_log /var/log/nginx/access.log main;
    sendfile on;
    keepalive_timeout 65;
    include /etc/nginx/conf.d/*.conf;
}
"""

_NGINX_SITE = b"""\
server {
    listen 80;
    server_name localhost;

    location / {
        root /usr/share/nginx/html;
        index index.html index.htm;
    }

    error_page 500 502 503 504 /50x.html;
    location = /50x.html {
        root /usr/share/nginx/html;
    }
}
"""

_PAGE = """\
<!DOCTYPE html>
<html>
<head>
<title>{title}</title>
</head>
<body>
<h1>{title}</h1>
<p>{text}</p>
</body>
</html>
"""


def _page(name: str, title: str, text: str) -> Entry:
    return file(f"usr/share/nginx/html/{name}", _PAGE.format(title=title, text=text).encode())


NGINX = (
    *accounts(nginx=101),
    file("etc/nginx/nginx.conf", _NGINX_CONF),
    file("etc/nginx/conf.d/default.conf", _NGINX_SITE),
    _page("index.html", "Welcome to nginx!", "The web server runs and waits for its content."),
    _page("50x.html", "An error occurred.", "The page is unavailable at the moment."),
    # Containers log to their standard output.
    symlink("var/log/nginx/access.log", "/dev/stdout"),
    symlink("var/log/nginx/error.log", "/dev/stderr"),
)
"""As the public image lays it out, not as Debian does (sites-enabled, www-data)."""

DEBUG = (
    *accounts(tcpdump=105),  # the user it becomes once the interface is open
    symlink("usr/bin/nc", "nc.openbsd"),
)

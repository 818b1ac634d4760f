"""The server: what it gives, and all that it must not give."""

import gzip
import os
import random
import socket
import ssl
from contextlib import suppress
from datetime import timedelta

import pytest
from cryptography import x509

from tests.viewer.clips import write_clip
from tests.viewer.web.conftest import serving
from viewer.web.lan import own_address, qr_code, write_certificate
from viewer.web.server import Served
from viewer.web.serving import ServeJob, _what, serve
from vr360.errors import InputError

DATA = bytes(range(256)) * 40
SECRET = b"nobody may read this"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "outside.txt").write_bytes(SECRET)
    site = tmp_path / "site"
    (site / "media").mkdir(parents=True)
    (site / "index.html").write_text("<!doctype html>hello")
    (site / "media" / "film.mp4").write_bytes(DATA)
    (site / "media" / ".film.mp4.partial").write_bytes(SECRET)
    (site / ".hidden").write_bytes(SECRET)
    (site / "empty").mkdir()
    (site / "leak.txt").symlink_to(tmp_path / "outside.txt")
    (site / "up").symlink_to(tmp_path)
    (site / "round").symlink_to(site / "round")
    os.mkfifo(site / "pipe")
    return site


def ask(url, target="/", *lines, method="GET", host=None):
    """(status, headers, body) of a request as it is written, whatever a client would make of it."""
    address, port = url.split("/")[2].split(":")
    head = f"{method} {target} HTTP/1.1\r\nHost: {host or address}\r\nConnection: close\r\n"
    return send(address, port, head + "".join(f"{line}\r\n" for line in lines) + "\r\n")


def send(address, port, words):
    data = words if isinstance(words, bytes) else words.encode("latin-1")
    with socket.create_connection((address, int(port)), timeout=600) as line:
        parts: list[bytes] = []
        with suppress(ConnectionError):  # it hangs up on what it will not read
            line.sendall(data)
            for part in iter(lambda: line.recv(65536), b""):
                parts.append(part)
    head, _, body = b"".join(parts).partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (r.partition(":") for r in rest)}
    return int(first.split()[1]) if first else 400, headers, body


@pytest.fixture
def url(folder):
    with serving(Served(folder)) as address:
        yield address


def test_a_page_comes_with_its_type_and_its_policy(url):
    status, headers, body = ask(url)
    assert (status, body) == (200, b"<!doctype html>hello")
    assert headers["content-type"] == "text/html; charset=utf-8"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("0-0", 0, 0), ("10-99", 10, 99), ("10000-", 10000, 10239), ("-5", 10235, 10239)],
)
def test_a_range_comes_alone(url, asked, first, last):
    status, headers, body = ask(url, "/media/film.mp4", f"Range: bytes={asked}")
    assert (status, body) == (206, DATA[first : last + 1])
    assert headers["content-range"] == f"bytes {first}-{last}/{len(DATA)}"
    assert headers["content-type"] == "video/mp4"


def test_several_ranges_come_as_parts(url):
    status, headers, body = ask(url, "/media/film.mp4", "Range: bytes=0-1,100-103")
    assert status == 206
    assert headers["content-type"].startswith("multipart/byteranges")
    assert b"bytes 100-103/10240" in body
    assert DATA[100:104] in body


@pytest.mark.parametrize("asked", ["bytes=20000-", "bytes=-0", "bytes=9-3", "bytes=x", "lines=1-2"])
def test_a_range_that_cannot_be_is_refused(url, asked):
    status, _, body = ask(url, "/media/film.mp4", f"Range: {asked}")
    assert status in (400, 416)
    assert DATA[:20] not in body


def test_what_did_not_change_is_not_sent_again(url, folder):
    _, headers, _ = ask(url, "/media/film.mp4")
    same = f"If-None-Match: {headers['etag']}"
    assert ask(url, "/media/film.mp4", same)[::2] == (304, b"")
    (folder / "media" / "film.mp4").write_bytes(DATA + b"more")
    assert ask(url, "/media/film.mp4", same)[0] == 200


def test_text_is_packed_and_films_are_not(url):
    _, headers, body = ask(url, "/", "Accept-Encoding: gzip")
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == b"<!doctype html>hello"
    _, headers, body = ask(url, "/media/film.mp4", "Accept-Encoding: gzip")
    assert "content-encoding" not in headers
    assert body == DATA


def test_head_tells_the_size_alone(url):
    status, headers, body = ask(url, "/media/film.mp4", method="HEAD")
    assert (status, headers["content-length"], body) == (200, str(len(DATA)), b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_but_reading_is_allowed(url, method):
    assert ask(url, "/", method=method)[0] == 405


TRICKS = [
    "/../outside.txt",
    "/media/../../outside.txt",
    "/%2e%2e/outside.txt",
    "/..%2foutside.txt",
    "/%252e%252e/outside.txt",
    "/..%5coutside.txt",
    "//outside.txt",
    "///etc/passwd",
    "/%2fetc%2fpasswd",
    "/file:///etc/passwd",
    "/c:/windows/win.ini",
    "/leak.txt",
    "/up/outside.txt",
    "/round",
    "/pipe",
    "/.hidden",
    "/media/.film.mp4.partial",
    "/media/",
    "/media",
    "/empty/",
    "/film%00.mp4",
    "/%ff%fe",
    "/" + "a" * 5000,
    "/" + "a/" * 2000,
    "/media/film.mp4/index.html",
]


@pytest.mark.parametrize("target", TRICKS, ids=lambda target: target[:30])
def test_nothing_outside_the_folder_and_nothing_hidden_is_given(url, target):
    status, _, body = ask(url, target)
    assert status in (400, 404)
    assert SECRET not in body
    assert b"root:" not in body
    assert b"Traceback" not in body


def test_a_name_that_was_led_here_is_refused(url):
    """A page from elsewhere whose own name resolves to this machine (DNS rebinding)."""
    assert ask(url, host="evil.example")[0] == 400
    assert ask(url, host="localhost:8360")[0] == 200


def test_huge_headers_and_broken_requests_end_without_a_trace(url):
    address, port = url.split("/")[2].split(":")
    for words in (
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "x" * 200_000 + "\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "\x00\x01\x02\r\n\r\n",
        "GET\r\n\r\n",
    ):
        status, _, body = send(address, port, words)
        assert 400 <= status < 500
        assert b"Traceback" not in body
    assert ask(url)[0] == 200


def test_who_stops_half_way_keeps_nobody_waiting(url):
    address, port = url.split("/")[2].split(":")
    lines = [socket.create_connection((address, int(port))) for _ in range(50)]
    for line in lines:
        line.sendall(b"GET / HT")
    assert ask(url)[0] == 200
    for line in lines:
        line.close()


def test_without_the_token_there_is_nothing(folder):
    with serving(Served(folder, token="s3cret-token")) as url:
        for target in ("/", "/index.html", "/s3cret-toke/", "/s3cret-token2/", "/S3CRET-TOKEN/"):
            assert ask(url, target)[0] == 404
        assert ask(url, "/s3cret-token/")[2] == b"<!doctype html>hello"
        assert ask(url, "/s3cret-token")[1]["location"].endswith("/s3cret-token/")
        assert ask(url, "/s3cret-token/media/film.mp4")[2] == DATA
        assert ask(url, "/s3cret-token/../outside.txt")[0] == 404
        assert ask(url, "/s3cret-token//etc/passwd")[0] == 404


def test_films_from_elsewhere_stay_where_they_are(tmp_path):
    film = tmp_path / "clip.mp4"
    write_clip(film, 6, 64)
    folder, films = _what(ServeJob((film,)), tmp_path / "spare", lambda n, _: n)
    assert films == {"media/clip.mp4": film}
    assert not (folder / "media" / "clip.mp4").exists()
    with serving(Served(folder, films)) as url:
        assert ask(url, "/media/clip.mp4")[2] == film.read_bytes()


def test_a_certificate_names_the_address_and_opens_a_connection(tmp_path):
    certificate, key = write_certificate(tmp_path, "192.0.2.7")
    known = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = known.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.7"]
    assert known.not_valid_after_utc - known.not_valid_before_utc < timedelta(days=14)
    assert key.stat().st_mode & 0o077 == 0
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)


def test_the_code_for_cameras_is_drawn_in_blocks():
    lines = qr_code("https://192.0.2.7:8360/token/").splitlines()
    assert len(lines) > 10
    assert len({len(line) for line in lines if line}) <= 2
    assert any("▀" in line or "█" in line for line in lines)


def test_what_cannot_be_served_is_told_in_a_line(tmp_path):
    with pytest.raises(InputError, match="vr360 share"):
        serve(ServeJob((tmp_path,), port=0), print)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"--port {port}"):
            serve(ServeJob((tmp_path,), port=port), print)


@pytest.mark.fuzz
def test_thousands_of_bad_requests_get_nothing(folder):
    """Seeded: mutations of good requests and of every trick."""
    rng = random.Random(22)
    with serving(Served(folder)) as url:
        address, port = url.split("/")[2].split(":")
        for _ in range(5000):
            words = bytearray(request_of(rng).encode("latin-1"))
            for _ in range(rng.randint(0, 6)):
                words[rng.randrange(len(words))] = rng.randrange(256)
            try:
                status, _, body = send(address, port, bytes(words) + b"\r\n\r\n")
            except (ConnectionError, IndexError):
                continue  # the server hung up
            assert status < 500
            assert SECRET not in body
            assert b"root:" not in body
            assert b"Traceback" not in body
        assert ask(url)[0] == 200


def request_of(rng):
    target = rng.choice([*TRICKS[:20], "/", "/media/film.mp4"])
    numbers = "-".join(str(rng.randint(-9, 20000)) for _ in range(rng.randint(1, 3)))
    return (
        f"{rng.choice(['GET', 'HEAD', 'GETT'])} {target} HTTP/1.1\r\nHost: localhost\r\n"
        f"Range: bytes={numbers}\r\nConnection: close\r\n\r\n"
    )


def test_a_machine_without_a_network_says_so(monkeypatch):
    monkeypatch.setattr("viewer.web.lan._ELSEWHERE", ("256.0.0.1", 9))
    with pytest.raises(InputError, match="no network"):
        own_address()

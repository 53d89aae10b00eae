"""Media behind URLs: fetched from named hosts at public addresses only, whole, in bounds and in time."""

import socket
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import pytest
from bringing import LOCAL, of_image, refusal
from media_server import Asked, MediaServer, closed_port

from media_samples import picture
from modelatlas.tools.media.hosts import is_public
from modelatlas.tools.media.inputs import bring_in
from modelatlas.tools.media.policy import Policy


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    """The folder that inputs are brought into."""
    return tmp_path / "run" / "in"


@pytest.fixture
def server() -> Iterator[MediaServer]:
    """A server to fetch from."""
    with closing(MediaServer()) as running:
        yield running


def test_a_url_is_fetched_and_what_came_is_measured(tmp_path: Path, inside: Path, server: MediaServer) -> None:
    content = picture(tmp_path / "p.png").read_bytes()
    server.answers["/p.png?a=1"] = lambda asked: asked.give(content)
    server.answers["/old"] = lambda asked: asked.lead_to("/p.png?a=1")
    server.answers["/unnamed"] = lambda asked: asked.give(content, "application/octet-stream")

    for path in ("/p.png?a=1", "/old", "/unnamed"):
        found = bring_in(of_image(server.url(path)), inside / quote(path, ""), LOCAL)
        assert found["image"].sha256 == sha256(content).hexdigest()


def test_without_a_list_of_hosts_no_url_is_asked(inside: Path, server: MediaServer) -> None:
    said = refusal(of_image(server.url("/p.png")), inside)

    assert "MODELATLAS_MEDIA_HOSTS" in said
    assert server.hosts == []


@pytest.mark.parametrize(
    "url",
    [
        "http://other.example/p.png",
        "http://127.0.0.1.other.example/p.png",
        "http://127.0.0.1@other.example/p.png",
        "http://notexample.org/p.png",
        "http://example.org.evil.com/p.png",
    ],
)
def test_a_host_that_is_not_named_is_not_asked(url: str, inside: Path) -> None:
    policy = Policy(allowed_hosts=("127.0.0.1", "*.example.org", "example.org"))

    assert refusal(of_image(url), inside, policy, nobody).startswith("image cannot be used: ")


def nobody(host: str, port: int) -> list[str]:
    """A resolver that must not be asked."""
    raise AssertionError(f"{host} was looked up")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1:0:0:80ff:fffe",
        "not an address",
    ],
)
def test_no_address_inside_any_network_is_public(address: str) -> None:
    assert not is_public(address)


def test_addresses_of_the_open_internet_are_public() -> None:
    assert all(is_public(it) for it in ("93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::808:808"))


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::ffff:127.0.0.1"]])
def test_a_public_name_that_leads_inside_is_not_asked(addresses: list[str], inside: Path, server: MediaServer) -> None:
    policy = Policy(allowed_hosts=("*",))

    said = refusal(of_image(server.url("/p", "rebound.example")), inside, policy, lambda host, port: addresses)

    assert "an address that is not public" in said
    assert server.hosts == []


def test_numbers_that_mean_loopback_are_loopback(inside: Path, server: MediaServer) -> None:
    for host in ("2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:7f00:1]"):
        assert refusal(of_image(server.url("/p", host)), inside, Policy(allowed_hosts=("*",)))
    assert server.hosts == []


def test_a_name_is_looked_up_once_and_that_address_is_used(tmp_path: Path, inside: Path, server: MediaServer) -> None:
    content = picture(tmp_path / "p.png").read_bytes()
    server.answers["/p.png"] = lambda asked: asked.give(content)
    looked_up: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"] if len(looked_up) == 1 else ["169.254.169.254"]

    policy = Policy(allowed_hosts=("cdn.example",), private_hosts=("cdn.example",))
    bring_in(of_image(server.url("/p.png", "cdn.example")), inside, policy, resolve)

    assert looked_up == ["cdn.example"]
    assert server.hosts == [f"cdn.example:{server.port}"]


def test_every_hop_of_a_redirect_is_judged_anew(inside: Path, server: MediaServer) -> None:
    server.answers["/host"] = lambda asked: asked.lead_to("http://metadata.example/latest")
    server.answers["/inside"] = lambda asked: asked.lead_to(server.url("/secret", "localhost"))
    server.answers["/file"] = lambda asked: asked.lead_to("file:///etc/passwd")
    server.answers["/round"] = lambda asked: asked.lead_to("/round")
    server.answers["/bad"] = lambda asked: asked.lead_to("http://h:port/")
    policy = Policy(allowed_hosts=("127.0.0.1", "localhost"), private_hosts=("127.0.0.1",))

    assert "metadata.example is not among" in refusal(of_image(server.url("/host")), inside, policy)
    assert "not public" in refusal(of_image(server.url("/inside")), inside, policy)
    assert "other than http" in refusal(of_image(server.url("/file")), inside, policy)
    assert "not a valid one" in refusal(of_image(server.url("/bad")), inside, policy)
    server.hosts.clear()
    assert "leads on more than 3 times" in refusal(of_image(server.url("/round")), inside, policy)
    assert len(server.hosts) == 4


def test_an_answer_that_is_not_a_whole_media_file_is_refused(tmp_path: Path, inside: Path, server: MediaServer) -> None:
    content = picture(tmp_path / "p.png").read_bytes()

    def packed(asked: Asked) -> None:
        asked.reply.send(b"\x1f\x8b", "image/png", Content_Encoding="gzip")

    def nonsense(asked: Asked) -> None:
        asked.reply.write(b"SSH-2.0-OpenSSH\r\n\r\n")

    server.answers |= {
        "/html": lambda asked: asked.give(b"<html>log in</html>", "text/html"),
        "/lie": lambda asked: asked.give(content, "text/html; charset=utf-8"),
        "/film": lambda asked: asked.give(content, "application/json"),
        "/short": lambda asked: asked.give(content[:500], length=len(content)),
        "/packed": packed,
        "/nonsense": nonsense,
    }
    reasons = {
        "/html": "a web page",
        "/lie": "its source calls it text/html",
        "/film": "its source calls it application/json",
        "/short": "could not be fetched",
        "/packed": "packed the answer",
        "/nonsense": "could not be fetched",
        "/missing": "answered 404",
    }
    for path, why in reasons.items():
        assert why in refusal(of_image(server.url(path)), inside, LOCAL)


def test_too_large_an_answer_is_stopped_whether_it_says_so_or_not(inside: Path, server: MediaServer) -> None:
    def endless(asked: Asked) -> None:
        asked.reply.begin("image/png")
        asked.reply.drip(b"\0" * 65536, pause_s=0)

    server.answers["/told"] = lambda asked: asked.give(b"", length=10**12)
    server.answers["/endless"] = endless
    policy = LOCAL.model_copy(update={"max_bytes": 2**20})

    for path in ("/told", "/endless"):
        assert "it is larger than 1 MiB" in refusal(of_image(server.url(path)), inside, policy)


def test_a_slow_drip_ends_with_the_time_for_the_whole_file(inside: Path, server: MediaServer) -> None:
    server.answers |= {"/body": Asked.drip, "/headers": Asked.drip_headers}
    policy = LOCAL.model_copy(update={"fetch_seconds": 0.3})

    for path in ("/body", "/headers"):
        assert "did not give the file within 0.3 s" in refusal(of_image(server.url(path)), inside, policy)


def test_a_name_that_is_not_answered_in_time_or_at_all_is_refused(inside: Path) -> None:
    import threading

    never = threading.Event()

    def hang(host: str, port: int) -> list[str]:
        never.wait(30)
        return []

    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    policy = Policy(allowed_hosts=("*",))
    hurried = policy.model_copy(update={"fetch_seconds": 0.2})
    assert "within 0.2 s" in refusal(of_image("http://slow.example/a"), inside, hurried, hang)
    never.set()
    assert "is not known" in refusal(of_image("http://no.example/a"), inside, policy, unknown)
    assert "has no address" in refusal(of_image("http://no.example/a"), inside, policy, lambda host, port: [])


def test_nobody_listening_is_told(inside: Path) -> None:
    assert "could not be fetched" in refusal(of_image(f"http://127.0.0.1:{closed_port()}/a"), inside, LOCAL)


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://user:word@127.0.0.1/a", "http://127.0.0.1:99999/a"])
def test_a_url_that_cannot_be_used_is_refused(url: str, inside: Path) -> None:
    said = refusal(of_image(url), inside, LOCAL)

    assert "word" not in said.replace("password", "")

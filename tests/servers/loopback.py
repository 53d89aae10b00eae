"""Servers on this machine's own address: a port for one, and what says that one cannot run here."""

import random
import secrets
import socket

HOST = "127.0.0.1"


class NoServer(Exception):
    """This machine lacks a program that the server needs; the text says which, and what to install."""


class NotStarted(Exception):
    """The server could not be started; the text says why."""


def free_port() -> int:
    """A port that nothing listens on, outside the range that outgoing connections take theirs from."""
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((HOST, port))
            except OSError:
                continue
            return port
    raise NotStarted("A hundred ports were tried and none is free; end what listens on ports 20000 to 32000.")


def new_password() -> str:
    """A password nobody has seen."""
    return secrets.token_urlsafe(12)


def last_lines(text: str, count: int = 40) -> str:
    """The end of a log, which is where it says what went wrong."""
    return "\n".join(text.splitlines()[-count:])

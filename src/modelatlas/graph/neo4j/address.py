"""Where a Neo4j database is and who asks: `neo4j://host:7687/database`, the user and password given apart."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from modelatlas.graph.errors import BadInput

SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")


def is_address(text: str) -> bool:
    """Whether the text is meant as the address of a server, not as the name of a file."""
    return "://" in text


@dataclass(frozen=True, slots=True)
class Address:
    """One database of a server. `neo4j` routes in a cluster, `bolt` asks this one server; `+s` encrypts."""

    uri: str
    database: str | None
    user: str | None
    password: str | None = field(repr=False)

    @classmethod
    def read(cls, text: str, user: str | None = None, password: str | None = None) -> "Address":
        """Take an address apart. Raises BadInput for another scheme, and for a password in it."""
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise BadInput(f"{text.rpartition('@')[2]!r} is no address of a server ({error}).") from None
        if parts.scheme not in SCHEMES:
            raise BadInput(f"{parts.scheme}:// is no server of an atlas; give one of {', '.join(SCHEMES)}, or a file.")
        if parts.username is not None or parts.password is not None:
            raise BadInput(
                "An address is seen by others, so it takes no user and password: set MODELATLAS_NEO4J_USER and"
                " MODELATLAS_NEO4J_PASSWORD."
            )
        database = parts.path.strip("/")
        if not host or "/" in database or parts.query or parts.fragment:
            raise BadInput(f"{text!r} is no address of a server; write it as neo4j://host:7687/database.")
        where = f"[{host}]" if ":" in host else host
        return cls(f"{parts.scheme}://{where}:{port or 7687}", database or None, user, password)

    def __str__(self) -> str:
        return f"{self.uri}/{self.database}" if self.database else self.uri

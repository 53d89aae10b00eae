"""An embedder behind the /embeddings of any OpenAI-compatible server: OpenAI, vLLM, Ollama, llama.cpp, a cloud's."""

from collections.abc import Sequence

from modelatlas.graph.errors import BadInput

TIMEOUT_SECONDS = 60.0
RETRIES = 3


class ServedEmbedder:
    """Asks a server for the vectors of texts; a busy server or a broken connection is asked again, a few times."""

    def __init__(self, base_url: str, model: str, dimensions: int, api_key: str | None = None) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise BadInput(f"{base_url[:80]!r} is no address of an embeddings server; give http(s)://…/v1.")
        if dimensions < 1:
            raise BadInput(
                f"An embedder with {dimensions} dimensions cannot be; say how many numbers a vector of it has."
            )
        self.name = model
        self.dimensions = dimensions
        self._base_url = base_url
        self._api_key = api_key or "none"  # the client wants one, local servers do not

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector a text, in the same order. Raises openai.OpenAIError where the server does not give them."""
        from openai import AsyncOpenAI

        async with AsyncOpenAI(
            base_url=self._base_url, api_key=self._api_key, timeout=TIMEOUT_SECONDS, max_retries=RETRIES
        ) as client:
            answer = await client.embeddings.create(model=self.name, input=list(texts), encoding_format="float")
        return [it.embedding for it in sorted(answer.data, key=lambda it: it.index)]

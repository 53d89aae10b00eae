"""The backend of a route, opened by the name that its card gives; nothing heavy is imported before."""

from collections.abc import Mapping

from modelatlas.tools.backends.backend import Backend, CannotRun
from modelatlas.tools.cards.card import Route
from modelatlas.tools.places import Place


def open_backend(route: Route, place: Place, environment: Mapping[str, str] | None = None) -> Backend:
    """The backend, not yet loaded; a script of a repository sees the environment that is given, and no other.

    Raises CannotRun for a route that none runs, with the reason and what to use.
    """
    if route.run is None:
        instead = "; ".join(f"{it.model} ({it.route or it.via})" for it in route.alternatives)
        raise CannotRun(f"{route.id} cannot be run: {route.reason}" + (f"; use {instead}." if instead else "."))
    match route.run.backend:
        case "transformers":
            from modelatlas.tools.backends.transformers_backend import TransformersBackend

            return TransformersBackend(route, place)
        case "diffusers":
            from modelatlas.tools.backends.diffusers_backend import DiffusersBackend

            return DiffusersBackend(route, place)
        case "openai_chat":
            from modelatlas.tools.backends.openai_chat import ChatBackend

            return ChatBackend(route, place)
        case "openai_images":
            from modelatlas.tools.backends.openai_images import ImagesBackend

            return ImagesBackend(route, place)
        case "openai_speech":
            from modelatlas.tools.backends.openai_speech import SpeechBackend

            return SpeechBackend(route, place)
        case "openai_videos":
            from modelatlas.tools.backends.openai_videos import VideosBackend

            return VideosBackend(route, place)
        case "media_json":
            from modelatlas.tools.backends.media_json import MediaBackend

            return MediaBackend(route, place)
        case "comfyui":
            from modelatlas.tools.backends.comfyui import ComfyBackend

            return ComfyBackend(route, place)
        case "repo_script":
            from modelatlas.tools.backends.repo_script import ScriptBackend

            return ScriptBackend(route, place, passed_on=environment)

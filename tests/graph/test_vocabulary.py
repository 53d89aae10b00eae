import subprocess
import sys
import time

import pytest

from modelatlas.graph import vocabulary
from modelatlas.graph.vocabulary import (
    entity_types,
    licence,
    mentioned_modalities,
    mentioned_predicates,
    mentioned_tasks,
    modalities,
    predicate,
    predicates,
    task,
    tasks,
    words_for,
)

# The table in section 1.3 of the catalogue's README; the key s is "subject", so is "subject + object".
CATALOGUE = """
organisation s single | title s single | repository so multi | latest_commit s single | release_date s single
report so multi | report_date s single | venue s single | current_version s single | successor so multi
availability so single | task so multi | input_modality so multi | output_modality so multi
language so single | base_model so multi | parameters so single | spec so single | training_data so single
licence_code s single | licence_weights s single | licence_dependency so multi
access s single | weights_id so multi | weights_repack so multi
api_model_id so single | api_endpoint so multi | api_shutdown_date s single
benchmark so single | min_vram so single | speed so single | entrypoint so multi | runtime_support so single
dependency so single | feature so single | defect so single | runnable so single
"""
ROWS = [tuple(row.split()) for row in CATALOGUE.replace("\n", "|").split("|") if row.strip()]

TASKS = """
audio_driven_avatar audio_visual_reasoning benchmark_run convert_txt_to_epub film_tool
first_last_frame_to_video gui_agent image_edit image_to_3d image_to_3d_parts image_to_video
in_context_generation medical_image_understanding motion_driven_animation music_to_dance
preprocess_driving_video reference_to_video robot_planning spatial_audio speech_edit
story_animation talking_face temporal_knowledge_graph text_generation
text_to_image text_to_speech text_to_video ui_design understand_image understand_video video_classification
video_dubbing video_edit video_embedding video_restoration video_to_audio visual_grounding voice_conversion
world_simulation
"""

MODALITIES = """
actions audio controls embedding foa_audio image knowledge_graph label layout mask mesh pose_video
structured_data text video video_360 video_stream video_with_audio word_times
"""

LICENCES = [
    ("Apache-2.0", "Apache-2.0", "yes"),
    ("Apache-2.0 (README only, no LICENSE file)", "Apache-2.0", "yes"),
    ("Apache-2.0 (LICENSE without code)", "Apache-2.0", "yes"),
    ("Apache-2.0 (cookbook only)", "Apache-2.0", "yes"),
    ("Apache-2.0 (hub metadata tag)", "Apache-2.0", "yes"),
    ("Apache-2.0 (hub tag not re-read)", "Apache-2.0", "yes"),
    ("Apache-2.0 (model-card header of the first README)", "Apache-2.0", "yes"),
    ("Apache-2.0 (repository statement; hub tag not read)", "Apache-2.0", "yes"),
    ("Apache-2.0 (MIT before 2025-11-12)", "Apache-2.0", "yes"),
    ("apache-2.0", "Apache-2.0", "yes"),
    ("Apache License, Version 2.0", "Apache-2.0", "yes"),
    ("MIT", "MIT", "yes"),
    ("MIT (repository statement)", "MIT", "yes"),
    ("MIT (repository statement; hub tags not re-read)", "MIT", "yes"),
    ("MIT, three files Apache-2.0", "MIT AND Apache-2.0", "yes"),
    ("MIT OR Apache-2.0", "MIT OR Apache-2.0", "yes"),
    ("MIT (card proposed in an unmerged hub request)", None, "unknown"),
    ("not declared on the hub (an unmerged card says MIT)", None, "unknown"),
    ("own LICENSE file in the data-set folder, MIT-sized", None, "unknown"),
    ("modified MIT", "LicenseRef-Model-Community", "conditional"),
    ("CC BY-NC-SA 4.0", "CC-BY-NC-SA-4.0", "no"),
    ("CC BY-NC-ND 4.0 (target of the licence link)", "CC-BY-NC-ND-4.0", "no"),
    ("cc-by-nc-4.0", "CC-BY-NC-4.0", "no"),
    ("CC-BY-NC", None, "no"),
    ("CC-BY-4.0", "CC-BY-4.0", "yes"),
    ("CC BY-SA 3.0", "CC-BY-SA-3.0", "yes"),
    ("CC0-1.0", "CC0-1.0", "yes"),
    ("Health AI Developer Foundations terms, gated click-through", "LicenseRef-HAI-DEF", "conditional"),
    ("health-ai-developer-foundations", "LicenseRef-HAI-DEF", "conditional"),
    ("closed, no weights published", "LicenseRef-Proprietary", "conditional"),
    ("closed", "LicenseRef-Proprietary", "conditional"),
    (
        "non-commercial in effect, because the decoders need FLUX.1-dev",
        "LicenseRef-FLUX-1-dev-Non-Commercial",
        "no",
    ),
    ("FLUX.1-dev: non-commercial licence, gated download", "LicenseRef-FLUX-1-dev-Non-Commercial", "no"),
    ("flux-1-dev-non-commercial-license", "LicenseRef-FLUX-1-dev-Non-Commercial", "no"),
    ("FLUX.1 [dev]", "LicenseRef-FLUX-1-dev-Non-Commercial", "no"),
    ("briaai/RMBG-1.4: non-commercial, always downloaded", None, "no"),
    ("MIT (repository statement); RMBG-1.4 is non-commercial", None, "no"),
    ("MIT, weights for research use only", None, "no"),
    ("仅供学术研究使用", None, "no"),
    ("Apache-2.0，但禁止商用", None, "no"),
    ("商用需获得授权", None, "conditional"),
    ("nvdiffrast: own terms", None, "unknown"),
    ("Hunyuan3D-2 rasteriser: own terms", "LicenseRef-Tencent-Hunyuan-Community", "conditional"),
    ("tencent-hunyuan-community", "LicenseRef-Tencent-Hunyuan-Community", "conditional"),
    (
        "Apache-2.0 in part; the diffusion transformer under the Stability AI Community License "
        "(free below 1 million US dollars of yearly revenue)",
        "LicenseRef-Stability-AI-Community",
        "conditional",
    ),
    ("Stability AI Non-Commercial Research License", "LicenseRef-Stability-AI-Non-Commercial-Research", "no"),
    ("Llama 3.1 Community License", "LicenseRef-Llama-Community", "conditional"),
    ("llama3.1", "LicenseRef-Llama-Community", "conditional"),
    ("Gemma terms of use", "LicenseRef-Gemma", "conditional"),
    ("gemma", "LicenseRef-Gemma", "conditional"),
    ("creativeml-openrail-m", "LicenseRef-OpenRAIL", "conditional"),
    ("openrail++", "LicenseRef-OpenRAIL", "conditional"),
    ("GPL-3.0", "GPL-3.0-only", "yes"),
    ("GPL-3.0-or-later", "GPL-3.0-or-later", "yes"),
    ("GNU General Public License v2", "GPL-2.0-only", "yes"),
    ("AGPL-3.0", "AGPL-3.0-only", "yes"),
    ("LGPL-2.1", "LGPL-2.1-only", "yes"),
    ("Apache-2.0 and AGPL-3.0", "AGPL-3.0-only", "yes"),
    ("BSD-3-Clause", "BSD-3-Clause", "yes"),
    ("BSD", None, "yes"),
    ("none, no weights published", None, "no"),
    ("none (no LICENSE file, no code)", None, "no"),
    ("none, no own weights", None, "unknown"),
    ("none seen", None, "unknown"),
    ("none stated (no LICENSE file in the repository)", None, "unknown"),
    ("none (no LICENSE at the repository root)", None, "unknown"),
    ("no licence tag in the card metadata", None, "unknown"),
    ("not declared on the hub", None, "unknown"),
    ("not verified on the hub", None, "unknown"),
    (
        "not stated by the repository after the header was removed; hub tag not verified",
        None,
        "unknown",
    ),
    ("unknown", None, "unknown"),
    ("other", None, "unknown"),
    ("", None, "unknown"),
    ("commercial arithmetic", None, "unknown"),
]

ASKED = [
    ("What licence has BAGEL?", {"licence_code", "licence_weights"}),
    ("Can I use Wan2.1 commercially?", {"licence_code", "licence_weights"}),
    ("BAGEL的许可证是什么？能商用吗", {"licence_code", "licence_weights"}),
    ("Wan2.1的license允许我卖钱吗", {"licence_code", "licence_weights"}),
    ("When did Imagen 4 stop serving?", {"api_shutdown_date"}),
    ("Is Imagen 4 up on 2026-07-10?", {"api_shutdown_date", "access"}),
    ("Imagen 4 什么时候下线", {"api_shutdown_date"}),
    ("Which avatar model runs on 24GB?", {"min_vram"}),
    ("How much VRAM does Nexus-Gen need?", {"min_vram"}),
    ("24G 显存能跑吗", {"min_vram", "runnable"}),
    ("Who made OmniAvatar?", {"organisation"}),
    ("MAGREF 是哪家公司做的？", {"organisation"}),
    ("When did V-JEPA 2 come out?", {"release_date"}),
    ("Playmate2 什么时候出的", {"release_date"}),
    ("Which hosted id works?", {"api_model_id"}),
    ("Does it work in ComfyUI?", {"runtime_support"}),
    ("What does it cost per million tokens?", {"cost.input", "cost.output"}),
    ("这个模型多少钱", {"cost.input", "cost.output"}),
    ("上下文多长", {"limit.context"}),
    ("What is its knowledge cut-off?", {"knowledge"}),
    ("How many parameters?", {"parameters"}),
    ("ＧＰＵ　ｍｅｍｏｒｙ？", {"min_vram"}),
]

WANTED = [
    ("make a photo talk", "audio_driven_avatar"),
    ("I need an avatar.", "audio_driven_avatar"),
    ("让一张照片说话用什么模型", "audio_driven_avatar"),
    ("数字人", "audio_driven_avatar"),
    ("audio-driven talking video", "audio_driven_avatar"),
    ("edit an image", "image_edit"),
    ("Please edit my photos", "image_edit"),
    ("哪个模型可以编辑这张图片", "image_edit"),
    ("修图", "image_edit"),
    ("turn a photo into a video", "image_to_video"),
    ("让照片动起来", "image_to_video"),
    ("TEXT_TO_VIDEO", "text_to_video"),
    ("文生视频", "text_to_video"),
    ("restore an old film", "video_restoration"),
    ("a 3D model in separate parts", "image_to_3d_parts"),
    ("把录音里的一个词改掉", "speech_edit"),
    ("给视频加音效", "video_to_audio"),
    ("read this chest X-ray", "medical_image_understanding"),
]


@pytest.mark.parametrize(("name", "key", "values"), ROWS)
def test_a_predicate_is_as_the_catalogue_describes_it(name: str, key: str, values: str) -> None:
    said = predicates()[name]
    assert said.functional == (values == "single")
    assert said.keyed == (values == "single" and key == "so")


def test_every_predicate_of_the_catalogue_is_there() -> None:
    assert len(ROWS) == 37
    assert predicates().keys() >= {name for name, _, _ in ROWS}


def test_only_dates_are_events() -> None:
    assert {said.name for said in predicates().values() if said.event} == {
        "release_date",
        "report_date",
        "api_shutdown_date",
    }


def test_only_a_functional_predicate_is_keyed() -> None:
    assert all(said.functional for said in predicates().values() if said.keyed)


def test_prices_are_functional_and_have_a_unit() -> None:
    assert predicate("cost.input").functional
    assert predicate("cost.input").unit == "USD per million tokens"
    assert predicate("limit.context").unit == "tokens"


def test_an_unknown_predicate_is_multi_valued_and_named_by_its_words() -> None:
    said = predicate("favourite_colour.of")
    assert (said.functional, said.keyed, said.event) == (False, False, False)
    assert said.label == {"en": "favourite colour of", "zh": "favourite colour of"}


def test_every_task_and_modality_of_the_catalogue_is_there() -> None:
    assert set(tasks()) == set(TASKS.split())
    assert set(modalities()) >= set(MODALITIES.split())


def test_every_term_has_words_of_both_languages() -> None:
    for term in (*predicates().values(), *tasks().values(), *modalities().values(), *entity_types().values()):
        assert term.label["en"].isascii()
        assert not term.label["zh"].isascii()
        assert any(alias.isascii() for alias in term.aliases), term.name
        assert any(not alias.isascii() for alias in term.aliases), term.name


def test_every_reference_between_terms_leads_somewhere() -> None:
    assert {said.object_type for said in predicates().values()} <= set(entity_types())
    for one in tasks().values():
        assert {*one.inputs, *one.outputs} <= set(modalities())
        assert set(one.related) <= set(tasks()) - {one.name}
    for modality in modalities().values():
        assert set(modality.implies) <= set(modalities()) - {modality.name}


def test_video_with_sound_is_video_and_is_sound() -> None:
    assert modalities()["video_with_audio"].implies == ("video", "audio")


@pytest.mark.parametrize(("text", "spdx", "commercial"), LICENCES)
def test_a_licence_text_is_judged_by_its_strictest_part(text: str, spdx: str | None, commercial: str) -> None:
    found = licence(text)
    assert (found.text, found.spdx, found.commercial) == (text, spdx, commercial)
    assert found.note["en"].isascii()
    assert not found.note["zh"].isascii()


@pytest.mark.parametrize(("question", "names"), ASKED)
def test_a_question_mentions_what_it_asks_about(question: str, names: set[str]) -> None:
    assert names <= set(mentioned_predicates(question))


@pytest.mark.parametrize(("question", "name"), WANTED)
def test_a_request_mentions_its_task(question: str, name: str) -> None:
    assert name in mentioned_tasks(question)


def test_no_english_word_is_found_inside_another() -> None:
    assert mentioned_tasks("Who is behind OmniAvatar?") == []
    assert mentioned_tasks("Give credit images to the accredited photographer.") == []
    assert mentioned_predicates("Unlicensed scripture") == []
    assert mentioned_modalities("videography, imagery and context") == []


def test_an_english_word_is_found_inside_chinese() -> None:
    assert mentioned_tasks("用avatar模型做视频")[0] == "audio_driven_avatar"


def test_a_phrase_inside_a_longer_one_does_not_count() -> None:
    assert mentioned_predicates("What is the input price?")[0] == "cost.input"
    assert "cost.output" not in mentioned_predicates("What is the input price?")
    assert "input_modality" not in mentioned_predicates("What is the input price?")
    assert "licence_weights" not in mentioned_predicates("代码许可证")
    assert mentioned_modalities("a 360-degree video") == ["video_360"]


def test_phrases_that_overlap_both_count() -> None:
    assert set(mentioned_tasks("edit photo talk")) == {"image_edit", "audio_driven_avatar"}


def test_a_language_model_is_not_a_question_about_languages() -> None:
    assert mentioned_predicates("a large language model") == []
    assert mentioned_predicates("哪些大语言模型和视觉-语言模型") == []
    assert "language" in mentioned_predicates("Which languages does the language model know?")


def test_video_memory_is_not_video() -> None:
    assert mentioned_modalities("how much video memory") == []
    assert mentioned_predicates("how much video memory") == ["min_vram"]


def test_a_knowledge_graph_is_no_picture() -> None:
    assert mentioned_modalities("知识图谱") == ["knowledge_graph"]
    assert mentioned_predicates("知识图谱") == []


def test_what_is_comes_after_what_is_asked() -> None:
    assert mentioned_predicates("What is the licence?")[-1] == "summary"
    assert mentioned_predicates("What is BAGEL?") == ["summary"]


def test_the_longest_words_come_first() -> None:
    assert mentioned_predicates("venue and knowledge cut-off") == ["knowledge", "venue"]


def test_nothing_is_mentioned_in_nothing() -> None:
    for text in ("", "   ", "???", "🙂", "\x00"):
        assert mentioned_predicates(text) == mentioned_tasks(text) == mentioned_modalities(text) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("image_edit", "image_edit"),
        ("Image Editing", "image_edit"),
        ("图像编辑", "image_edit"),
        ("修图", "image_edit"),
        ("image-to-image", "image_edit"),
        ("text-to-video", "text_to_video"),
        ("image-to-video", "image_to_video"),
        ("text-to-speech", "text_to_speech"),
        ("video-classification", "video_classification"),
        ("image-text-to-text", "understand_image"),
        ("image-to-3d", "image_to_3d"),
        ("Lip sync", "audio_driven_avatar"),
    ],
)
def test_a_task_is_known_by_any_of_its_names(text: str, name: str) -> None:
    found = task(text)
    assert found is not None
    assert found.name == name


def test_a_text_that_names_no_task_is_no_task() -> None:
    assert task("make coffee") is None
    assert task("") is None


def test_every_task_is_known_by_its_own_name() -> None:
    assert [found.name for name in tasks() if (found := task(name))] == list(tasks())


def test_words_for_the_index_speak_both_languages() -> None:
    words = words_for("task", "image_edit")
    assert "图像编辑" in words
    assert "image editing" in words
    assert "任务" in words
    assert "图片" in words_for("input_modality", "image")
    assert "显存" in words_for("min_vram", "at least")
    assert len(words) < 300


def test_words_for_an_unknown_predicate_are_its_own() -> None:
    assert words_for("favourite_colour", "image_edit") == "favourite colour"


def test_a_long_text_is_searched_in_proportion_to_its_length() -> None:
    def seconds(text: str) -> float:
        began = time.perf_counter()
        mentioned_tasks(text)
        return time.perf_counter() - began

    piece = "edit an image, 编辑图片, and a very long talk about nothing at all; "
    short, long = piece * 100, piece * 1000
    assert min(seconds(long) for _ in range(3)) < 40 * min(seconds(short) for _ in range(3))


def test_importing_reads_nothing_and_loading_is_quick() -> None:
    script = """if True:
        import time
        from modelatlas.graph import vocabulary
        assert vocabulary._document.cache_info().currsize == 0
        def load():
            for name in ("_document", "_licences", "_phrases", "predicates"):
                getattr(vocabulary, name).cache_clear()
            began = time.perf_counter()
            vocabulary.mentioned_predicates("licence"), vocabulary.predicates(), vocabulary.licence("MIT")
            return time.perf_counter() - began
        print(min(load() for _ in range(5)))
    """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 0.05


def test_the_vocabulary_is_read_once() -> None:
    assert vocabulary.predicates() is vocabulary.predicates()
    with pytest.raises(TypeError):
        predicates()["new"] = predicate("new")  # type: ignore[index]

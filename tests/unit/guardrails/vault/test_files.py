"""A file that holds secrets is read, changed and written, and its secrets stay what they were."""

from __future__ import annotations

import json

import pytest

from coding_agent_sdk import Agent, Approve, Reject
from coding_agent_sdk.testing import ScriptedModel
from coding_agent_sdk.text.masks import MASK

from ..made_up import MadeUp
from .conftest import Playing, of_name, placeholders, read, rewrite, run

draw = MadeUp(5)
PASSWORD, TOKEN, OTHER = draw.password(), "ghp_" + draw.text(36), draw.text(30)
SECRETS = (PASSWORD, TOKEN, OTHER)
ENV = f"DB_PASSWORD={PASSWORD}\nGITHUB_TOKEN='{TOKEN}'\nPORT=8080\nAPI_KEY=\"{OTHER}\" # key\n"


@pytest.fixture
def env(workspace):
    file = workspace / ".env"
    file.write_bytes(ENV.encode())
    return file


async def test_a_file_is_rewritten_around_its_secrets_which_nobody_is_shown(env, play):
    played = await play(read(".env"), rewrite(".env", lambda text: text.replace("8080", "9090")))
    assert env.read_text() == ENV.replace("8080", "9090")
    assert played.last.status == "ok"
    assert played.result.changed_files == (".env",)
    assert [secret for secret in SECRETS if secret in played.told] == []
    shown = played.shown[1]
    assert of_name(shown, "DB_PASSWORD") == placeholders(shown)[0]
    assert shown == ENV.replace(PASSWORD, placeholders(shown)[0]).replace(
        TOKEN, of_name(shown, "GITHUB_TOKEN")
    ).replace(OTHER, of_name(shown, "API_KEY"))


async def test_an_edit_takes_the_true_text_for_old_and_new(env, play):
    def edit(shown):
        old = shown.split("\n")[0]
        return "edit_file", {"path": ".env", "old": old, "new": f"# live\n{old}\nCOPY={old[12:]}"}

    played = await play(read(".env"), edit)
    assert env.read_text() == ENV.replace(
        f"DB_PASSWORD={PASSWORD}", f"# live\nDB_PASSWORD={PASSWORD}\nCOPY={PASSWORD}"
    )
    assert PASSWORD not in played.told


async def test_a_patch_takes_true_values_in_its_lines(env, play, workspace):
    def patch(shown):
        old = shown.split("\n")[0]
        return "apply_patch", {
            "patch": f"*** Begin Patch\n*** Update File: .env\n-{old}\n+# live\n+{old}\n"
            f"*** Add File: copy\n+DB_PASSWORD={old[12:]}\n*** End Patch"
        }

    played = await play(read(".env"), patch)
    assert played.last.status == "ok", played.last.text
    assert env.read_text() == f"# live\n{ENV}"
    assert (workspace / "copy").read_text() == f"DB_PASSWORD={PASSWORD}\n"
    assert PASSWORD not in played.told


async def test_a_value_of_several_lines_cannot_leave_its_hunk(play, workspace, env):
    body = "\n".join(draw.text(64) for _ in range(3))
    key = f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----"
    (workspace / "key.pem").write_text(f"{key}\n")

    def patch(shown):
        (mark,) = placeholders(shown)
        return "apply_patch", {
            "patch": f"*** Begin Patch\n*** Add File: copy\n+{mark}\n*** End Patch"
        }

    played = await play(read("key.pem"), patch)
    assert played.last.status == "ok", played.last.text
    assert (workspace / "copy").read_text() == f"{key}\n"


@pytest.mark.parametrize("head", ["*** Add File: {0}\n+x", "*** Update File: .env\n@@ {0}\n-x"])
async def test_a_placeholder_in_a_path_of_a_patch_is_refused(env, play, head):
    def patch(shown):
        named = head.format(of_name(shown, "DB_PASSWORD"))
        return "apply_patch", {"patch": f"*** Begin Patch\n{named}\n*** End Patch"}

    played = await play(read(".env"), patch)
    assert played.last.status == "error"
    assert "in the lines of a hunk" in played.last.text
    assert env.read_text() == ENV


async def test_a_secret_is_moved_from_one_file_to_another(env, play, workspace):
    def move(shown):
        return "write_file", {
            "path": "conf/app.json",
            "content": json.dumps({"password": of_name(shown, "DB_PASSWORD")}),
        }

    played = await play(read(".env"), move, read("conf/app.json"))
    assert json.loads((workspace / "conf/app.json").read_text()) == {"password": PASSWORD}
    assert placeholders(played.last.text) == placeholders(played.shown[1])[:1]


@pytest.mark.parametrize("tool", ["write_file", "edit_file"])
async def test_without_the_vault_a_mask_is_refused_as_it_was(env, play, tool):
    def change(shown):
        if tool == "write_file":
            return tool, {"path": ".env", "content": shown.replace("8080", "9090")}
        return tool, {"path": ".env", "old": "PORT=8080", "new": shown.split("\n")[0]}

    played = await play(read(".env"), change, vault=False)
    assert f"DB_PASSWORD={MASK}" in played.shown[1]
    assert played.last.status == "error"
    assert MASK in played.last.text
    assert env.read_text() == ENV


@pytest.mark.parametrize("vault", [True, False])
async def test_after_a_restart_the_placeholders_of_before_are_refused(
    env, agent_of, tmp_path, vault
):
    store = f"sqlite:///{tmp_path}/sessions.db"
    before = Playing(read(".env"))
    async with agent_of(before, memory=store) as agent:
        await run(agent, before)
    shown = before.result.tool_calls[0].text
    assert len(placeholders(shown)) == 3
    after = Playing(lambda _: ("write_file", {"path": ".env", "content": shown}), read(".env"),
                    rewrite(".env", lambda text: text + "NEW=1\n"))  # fmt: skip
    async with agent_of(after, memory=store, vault=vault) as agent:
        await run(agent, after)
    refused, again, written = after.result.tool_calls
    assert refused.status == "error"
    assert "Read the file again" in refused.text
    assert placeholders(shown)[0] in str(after.model.requests[0].messages)
    assert placeholders(again.text) != placeholders(shown)
    assert written.status == ("ok" if vault else "error")
    assert env.read_text() == (ENV + "NEW=1\n" if vault else ENV)
    assert [secret for secret in SECRETS if secret in after.told] == []


@pytest.mark.parametrize(
    ("session", "user", "known"),
    [("s", "ada", True), ("t", "ada", False), ("s2", "bob", False)],
)
async def test_a_placeholder_is_known_in_its_session_alone(env, agent_of, session, user, known):
    playing = Playing(read(".env"))
    async with agent_of(playing) as agent:
        await run(agent, playing)
        shown = playing.last.text
        playing.steps = [lambda _: ("write_file", {"path": "copy", "content": shown})]
        await run(agent, playing, session=session, user=user)
    assert playing.last.status == ("ok" if known else "error")
    assert (env.parent / "copy").exists() is known


ALTERED = {
    "invented": lambda p: "<secret:DB_PASSWORD:00000000>",
    "another digit": lambda p: p[:-2] + ("0" if p[-2] != "0" else "1") + ">",
    "capitals": lambda p: p.upper(),
    "cut": lambda p: p[:-3],
    "without its end": lambda p: p[:-1],
    "without its beginning": lambda p: p[8:],
    "another name": lambda p: p.replace("DB_PASSWORD", "PASSWORD"),
    "HTML": lambda p: p.replace("<", "&lt;").replace(">", "&gt;"),
    "URL": lambda p: p.replace("<", "%3C").replace(":", "%3A"),
    "in two parts": lambda p: f'"{p[:12]}" "{p[12:]}"',
    "blanks": lambda p: p.replace(":", ": "),
}


@pytest.mark.parametrize("alter", ALTERED.values(), ids=ALTERED)
@pytest.mark.parametrize("tool", ["write_file", "edit_file"])
async def test_an_altered_placeholder_changes_nothing(env, play, alter, tool):
    def change(shown):
        line = f"DB_PASSWORD={alter(of_name(shown, 'DB_PASSWORD'))}"
        if tool == "write_file":
            return tool, {"path": ".env", "content": line}
        return tool, {"path": ".env", "old": "PORT=8080", "new": line}

    played = await play(read(".env"), change)
    assert env.read_text() == ENV
    assert played.last.status == "error"
    assert "nothing was" in played.last.text
    assert PASSWORD not in played.told


async def test_a_text_that_speaks_about_placeholders_stays_editable(workspace, play):
    text = "Secrets read `<secret:API_KEY:1f3a9c2e>` there.\nOld line\n"
    (workspace / "guide.md").write_text(text)
    (workspace / ".env").write_text(ENV)
    played = await play(
        read(".env"), read("guide.md"), rewrite("guide.md", lambda t: t.replace("Old", "New"))
    )
    assert played.last.status == "ok"
    assert (workspace / "guide.md").read_text() == text.replace("Old", "New")


async def test_a_placeholder_in_a_path_is_refused(env, play, workspace):
    played = await play(
        read(".env"),
        lambda shown: ("write_file", {"path": of_name(shown, "DB_PASSWORD"), "content": "x"}),
    )
    assert played.last.status == "error"
    assert "not in its path" in played.last.text
    assert sorted(path.name for path in workspace.iterdir()) == [".env", "a.txt", "b.txt"]


async def test_two_secrets_of_one_name_and_one_secret_of_two_names(workspace, play):
    one, two = draw.password(), draw.password()
    text = f"[a]\npassword = {one}\n[b]\npassword = {two}\n[c]\nbackup_password = {one}\n"
    (workspace / "conf.ini").write_text(text)
    played = await play(read("conf.ini"), rewrite("copy.ini"))
    first, second, third = placeholders(played.shown[1])
    assert first == third != second
    assert (workspace / "copy.ini").read_text() == text


async def test_a_secret_that_the_model_wrote_itself_is_written_as_it_is(workspace, play):
    fresh = draw.password()
    played = await play(
        lambda _: ("write_file", {"path": "new.env", "content": f"DB_PASSWORD={fresh}\n"}),
        read("new.env"),
    )
    assert (workspace / "new.env").read_text() == f"DB_PASSWORD={fresh}\n"
    assert f"DB_PASSWORD={MASK}" in str(played.model.requests[-1].messages)
    assert placeholders(played.last.text)
    assert fresh not in played.told


PEM = draw.pem()
FORMS = {
    "CRLF": ENV.replace("\n", "\r\n").encode(),
    "both newlines": f"A=1\r\nDB_PASSWORD={PASSWORD}\nB=2\r\n".encode(),
    "latin-1": f"# caf\xe9\npassword = {PASSWORD}\n".encode("latin-1"),
    "byte order mark": f"\ufeffDB_PASSWORD={PASSWORD}\n".encode(),
    "PEM": f"x = 1\n{PEM}\nAPI_TOKEN={TOKEN}\n".encode(),
    "PEM with CRLF": f"x\n{PEM}\ny\n".replace("\n", "\r\n").encode(),
    "PEM in YAML": ("key: |\n  " + PEM.replace("\n", "\n  ") + "\nother: 1\n").encode(),
    "PEM in JSON": json.dumps({"private_key": PEM + "\n", "n": 1}).encode(),
    "URL": f"DATABASE_URL=postgres://app:{OTHER}@db.acme.io/app\n".encode(),
    "no newline at the end": f"DB_PASSWORD={PASSWORD}".encode(),
}


@pytest.mark.parametrize("data", FORMS.values(), ids=FORMS)
async def test_all_bytes_of_a_file_stay_where_another_line_is_added(workspace, play, data):
    file = workspace / "settings.conf"
    file.write_bytes(data)

    def edit(shown):
        return "edit_file", {"path": "settings.conf", "old": shown, "new": f"{shown}#end"}

    played = await play(read("settings.conf"), edit)
    assert placeholders(played.shown[1])
    assert played.last.status == "ok", played.last.text
    assert file.read_bytes() == data + b"#end"
    assert not any(s in played.told for s in (*SECRETS, *PEM.splitlines()[1:-2]))


@pytest.mark.bubblewrap
async def test_a_key_block_shown_with_numbers_is_masked_and_not_put_back(workspace, play):
    (workspace / "id").write_text(f"{PEM}\n")
    played = await play(
        lambda _: ("run_cmd", {"command": "cat -n id"}), rewrite("copy"), read("id"), rewrite("ok")
    )
    assert placeholders(played.shown[1]) == []
    assert MASK in played.shown[1]
    assert not (workspace / "copy").exists()
    assert (workspace / "ok").read_text() == f"{PEM}\n"


async def test_what_is_asked_shows_the_change_and_no_value(env, workspace):
    asked = []
    playing = Playing(
        read(".env"),
        lambda shown: ("edit_file", {"path": ".env", "old": "\n".join(shown.split("\n")[:3]),
                                     "new": shown.split("\n")[0]}),
        rewrite(".env", lambda _: playing.shown[1].replace("8080", "9090")),
    )  # fmt: skip

    def approver(request):
        asked.append(request)
        return Approve() if len(asked) > 1 else Reject("no")

    agent = (
        Agent.builder().config(None, project=False).model(playing.model).workspace(workspace)
        .mode("ask").memory("memory://").approver(approver).build()
    )  # fmt: skip
    async with agent:
        await run(agent, playing)
    edit, write = (request.preview for request in asked)
    (token,) = [line for line in edit.splitlines() if line.startswith("-GITHUB")]
    assert of_name(token, "GITHUB_TOKEN")
    assert [line for line in write.splitlines()[2:] if line[0] in "+-"] == [
        "-PORT=8080",
        "+PORT=9090",
    ]
    assert [secret for secret in SECRETS if secret in edit + write + playing.told] == []
    assert env.read_text() == ENV.replace("8080", "9090")


@pytest.mark.parametrize("restarted", [False, True])
async def test_an_approved_write_has_its_values_unless_the_agent_was_restarted(
    env, workspace, tmp_path, restarted
):
    playing = Playing(read(".env"), rewrite(".env", lambda text: text.replace("8080", "9090")))

    def build(model):
        return (
            Agent.builder().config(None, project=False).model(model).workspace(workspace)
            .mode("ask").memory(f"sqlite:///{tmp_path}/sessions.db").build()
        )  # fmt: skip

    async with build(playing.model) as agent:
        await run(agent, playing)
        assert playing.result.status == "awaiting_approval"
        (pending,) = playing.result.pending
        decisions = {pending.call.id: Approve()}
        if not restarted:
            ended = await agent.resume("s", decisions, user="ada")
    if restarted:
        async with build(ScriptedModel(["done"])) as agent:
            ended = await agent.resume("s", decisions, user="ada")
    assert ended.tool_calls[-1].status == ("error" if restarted else "ok")
    assert env.read_text() == (ENV if restarted else ENV.replace("8080", "9090"))
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("sessions.db*"))
    assert [secret for secret in SECRETS if secret.encode() in stored] == []

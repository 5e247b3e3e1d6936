"""Package managers: where what they install comes from."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.programs.foreign_code import (
    configure_bundle,
    follow_installed,
)
from coding_agent_sdk.middleware.guardrails.commands.programs.options import load
from coding_agent_sdk.middleware.guardrails.commands.programs.unknown import (
    follow_options,
    follow_project,
)
from coding_agent_sdk.middleware.guardrails.commands.programs.wrappers import bundle
from coding_agent_sdk.middleware.guardrails.commands.tables import follow_rows, named, read_table
from coding_agent_sdk.middleware.guardrails.commands.values import ANYTHING, NOTHING, Value

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program

UNUSUAL: Final = (
    r"(?:^|\s)(?:(?:git|hg|svn|bzr)\+|https?://|git://|git@|ssh://|github:|gitlab:"
    r"|bitbucket:|gist:|ftp://)"
)


_SCRIPT_GIVEN: Final = re.compile(r"(?s)(?:scripts\.[\w:-]+|script-shell)=(.+)")
_SETTINGS_THAT_RUN: Final = re.compile(
    r"[\w:-]*(?:Invoke|Pre-Install-Pkgs)[\w-]*(?:::)?=(.+)"
    r"|(?:[\w.-]*\.)?(?:runner|rustc-(?:workspace-)?wrapper|rustc|rustdoc|linker)\s*=\s*(.+)"
)
TABLE: Final = read_table(r"""
npm pnpm yarn cnpm:
    publish remote \b(?:publish|unpublish|deprecate|dist-tag\s+(?:add|rm)|owner\s+(?:add|rm)
        |access|team|star)\b
    install unknown (?>^.*?\b(?:i|install|add|ci|exec|x|dlx|link|create)\b).*(?:^|\s)(?:(?:git
        |hg|svn|bzr)\+|https?://|git://|git@|ssh://|github:|gitlab:|bitbucket:|gist:|ftp://)
    install unknown --registry[=\s](?!https://registry\.)
        |--registry[=\s]http://(?!localhost|127)
    configure home \b(?:config|c|set)\s+(?:set\s+)?(?:registry|script-shell|ignore-scripts
        |strict-ssl|cafile|prefix|editor|shell|//)
    exec none \b(?:token|login|logout|adduser|whoami)\b
lerna ovsx:
    publish remote \bpublish\b
changeset semantic-release release-it np goreleaser release-please standard-version:
    exec inside --dry-?run|--snapshot|\bcheck\b|\bversion\b|\badd\b|\bstatus\b|--skip-publish
        |\bbuild\b
    publish remote
pip pip3 pipx:
    install unknown \b(?:install|download|wheel|add|sync)\b.*(?:^|\s)(?:(?:git|hg|svn|bzr)\+
        |(?:-e\s+)?https?://|git://|git@|ssh://|github:|gitlab:|bitbucket:|gist:|ftp://)
    install unknown (?:--index-url|-i|--extra-index-url|--find-links|-f|--trusted-host
        |--default-index|--index)[=\s](?:http://(?!localhost|127|0\.0)|\d+\.\d+\.\d+\.\d+
        |https?://)|--trusted-host
    install system --break-system-packages|--target[=\s]/(?:usr|lib|opt)|--root[=\s]/
    configure home ^config\s+(?:--global|--user)?\s*set
    read none ^(?:list|show|freeze|check|index|inspect|debug|help|cache\s+(?:dir|info|list))\b
uv:
    publish remote ^publish\b
    read none ^pip\s+(?:list|show|freeze|check|tree)|^(?:tree|version|python\s+list)
    install unknown \b(?:install|download|wheel|add|sync)\b.*(?:^|\s)(?:(?:git|hg|svn|bzr)\+
        |(?:-e\s+)?https?://|git://|git@|ssh://|github:|gitlab:|bitbucket:|gist:|ftp://)
    install unknown (?:--index-url|-i|--extra-index-url|--find-links|-f|--trusted-host
        |--default-index|--index)[=\s](?:http://(?!localhost|127|0\.0)|\d+\.\d+\.\d+\.\d+
        |https?://)|--trusted-host
    install system --break-system-packages|--target[=\s]/(?:usr|lib|opt)|--root[=\s]/
poetry:
    publish remote ^publish\b
    configure home ^config\b.*(?:token|http-basic|repositories)
    read none ^(?:show|check|version|env\s+(?:info|list))\b
    install unknown \b(?:install|download|wheel|add|sync)\b.*(?:^|\s)(?:(?:git|hg|svn|bzr)\+
        |(?:-e\s+)?https?://|git://|git@|ssh://|github:|gitlab:|bitbucket:|gist:|ftp://)
    install unknown (?:--index-url|-i|--extra-index-url|--find-links|-f|--trusted-host
        |--default-index|--index)[=\s](?:http://(?!localhost|127|0\.0)|\d+\.\d+\.\d+\.\d+
        |https?://)|--trusted-host
hatch flit pdm rye maturin:
    publish remote \b(?:publish|upload)\b
    install unknown \b(?:install|download|wheel|add|sync)\b.*(?:^|\s)(?:(?:git|hg|svn|bzr)\+
        |(?:-e\s+)?https?://|git://|git@|ssh://|github:|gitlab:|bitbucket:|gist:|ftp://)
twine:
    read inside ^check\b
    publish remote
conda mamba micromamba:
    read none ^(?:list|info|search|env\s+list|config\s+--show)
    install unknown (?:-c|--channel)[=\s]https?://
cargo:
    publish remote ^(?:publish|yank|owner)\b
    install unknown ^install\b.*(?:--git|--index|--registry)
    read inside ^(?:tree|metadata|search|version|--version|locate-project|pkgid)\b
gem:
    publish remote ^(?:push|yank|owner)\b
    install unknown ^install\b.*(?:--source|-s\s|https?://)
    read none ^(?:list|search|env|info|which)\b
bundler:
    configure home ^config\b.*--global
    exec inside ^config\b
composer:
    install none ^global\b
    configure home ^config\b.*-g
go:
    install unknown ^(?:install|get|run)\b.*\s(?!(?:-\S+\s+)*(?:github\.com|golang\.org
        |gitlab\.com|google\.golang\.org|gopkg\.in|honnef\.co|mvdan\.cc|go\.uber\.org|k8s\.io
        |sigs\.k8s\.io|gotest\.tools|cloud\.google\.com|go\.opentelemetry\.io|rsc\.io
        |bitbucket\.org|modernc\.org|connectrpc\.com|buf\.build|dario\.cat|filippo\.io|entgo\.io
        |gorm\.io|go\.mongodb\.org|helm\.sh|istio\.io|cuelang\.org|pault\.ag
        |tailscale\.com)/)[\w-]+(?:\.[\w-]+)+/\S*@
    configure home ^env\b.*\s-[wu]\b
    exec-unknown none (?:^|[\s='"])-extld[=\s]
    read inside ^(?:env|list|version|doc|vet)(?!.*-w)\b
mvn:
    exec-unknown none \bexec:exec\b|-Dexec\.executable
    publish remote \bdeploy\b|release:perform|nexus-staging
mvnw:
    exec-unknown none \bexec:exec\b|-Dexec\.executable
    publish remote \bdeploy\b|release:perform
gradle gradlew:
    exec-unknown none (?:^|\s)(?:-I|--init-script|-b|--build-file|-c
        |--settings-file)[=\s]?\s*(?:/|~|\.\./)
    publish remote \b(?:publish(?!ToMavenLocal)\w*|uploadArchives|bintrayUpload
        |closeAndRelease\w*)\b
sbt:
    publish remote \bpublish(?!Local)\w*
dotnet:
    publish remote \bnuget\s+(?:push|delete)\b
    install unknown \b(?:tool\s+install|add\s+package)\b.*--(?:add-)?source\s+http
nuget:
    publish remote \b(?:push|delete)\b
mix:
    publish remote \bhex\.(?:publish|retire|owner)\b
swift:
    publish remote ^package-registry\s+publish
pod:
    publish remote \btrunk\s+(?:push|delete)\b
dart flutter:
    publish remote \bpub\s+publish(?!.*--dry-run)
vsce:
    publish remote \b(?:publish|unpublish)\b
fastlane:
    publish remote \b(?:deliver|release|supply|pilot|upload_\w+|deploy|beta|produce|match\s+nuke)\b
eas:
    publish remote \b(?:submit|update|build:delete|channel:delete)\b
charmcraft:
    publish remote \b(?:upload|release)\b
snapcraft:
    publish remote \b(?:upload|release|push)\b
apt apt-get aptitude dpkg yum dnf zypper pacman apk emerge rpm snap flatpak port pkg nala
xbps-install rpm-ostree winget choco scoop apt-key add-apt-repository softwareupdate installer
eopkg swupd:
    delete system --allow-remove-essential|--force-(?:all|depends|remove-\w+)|-e\b.*--nodeps
        |--nodeps.*-e\b|(?:^|\s)-R\w*d\w*d|\b(?:purge|remove|autoremove|erase)\b.*\s(?:coreutils|bash
        |libc6|glibc|systemd|linux-image\S*|sudo|apt|dpkg|util-linux|init|base-files|login)(?:\s|$)
    read none ^(?:list|search|show|info|policy|depends|rdepends|query|-Q\w*|-Ss|-Si|-l|-L|-s|-S
        |changelog|madison|--version|provides|repolist|check-update|outdated|deps|config|doctor
        |--prefix|--cellar|leaves|desc|home|log|cat|-qa?\w*)\b
    install system
apt-cache dpkg-query apt-mark apt-file:
    install system ^(?:hold|unhold|auto|manual)
    read none
brew:
    read none ^(?:list|search|show|info|policy|depends|rdepends|query|-Q\w*|-Ss|-Si|-l|-L|-s|-S
        |changelog|madison|--version|provides|repolist|check-update|outdated|deps|config|doctor
        |--prefix|--cellar|leaves|desc|home|log|cat|-qa?\w*)\b
    install unknown \b(?:install|tap)\b.*(?:https?://|\w+/\w+/)
    install none
nix-env:
    read none ^-q
    install none
nix:
    install unknown \b(?:build|develop|shell|run|flake)\b.*(?:https?://|tarball)
rustup:
    delete home \bself\s+uninstall
nvm pyenv rbenv asdf sdk volta fnm n:
""")
"""What package managers do, by their arguments."""


def by_table(call: Call) -> Value:
    """Follow a package manager by the table; what no row knows runs the project's own code."""
    follow_options(call)
    follow_installed(call)
    for argument in call.arguments[:1]:
        if argument.text.endswith((".dll", ".exe")):  # `dotnet App.dll` runs it
            load(call, argument)
    for argument in call.arguments:
        # `apt -o APT::Update::Pre-Invoke::=command`, `cargo --config 'build.rustc-wrapper="…"'`
        if setting := _SETTINGS_THAT_RUN.match(argument.text):
            shell_text = Value((setting[1] or setting[2]).strip("\"'"), argument.taints)
            call.shell.run_text(shell_text, part=call.part)
    dry = call.has("--dry-run") and not call.has("--dry-run=false")
    found = None if dry else follow_rows(call, TABLE.get(call.name, ()))
    return found or follow_project(call)


def package_manager(call: Call) -> Value:
    """Npm and its kin: scripts and `exec` run what the project has."""
    words = [w for w in call.words if w[:1] != "-"]
    shell = call.shell
    command = call.value_of("-c", "--call") if words[:1] in (["exec"], ["x"]) else None
    if command is not None:
        return shell.run_text(command, part=call.part)
    _follow_scripts(call, words)
    if words[:1] in (["exec"], ["x"], ["dlx"]) and len(words) > 1:
        return _runner(call, call.words.index(words[0]) + 1)
    return by_table(call)


def _follow_scripts(call: Call, words: list[str]) -> None:
    """Follow scripts that the command itself brings: by options, settings, a file just written."""
    shell = call.shell
    given = call.value_of("--script-shell")
    texts = [given] if given is not None else []
    texts += [
        Value(found[1], argument.taints)
        for argument in call.arguments
        if (found := _SCRIPT_GIVEN.match(argument.text))
    ]
    if "script-shell" in words[:-1]:
        texts.append(call.arguments[call.words.index("script-shell") + 1])
    written = shell.files.get(shell.locate("package.json").path, NOTHING)
    if written.known and written.text and words[:1] != ["init"]:
        texts += [Value(s, written.taints) for s in _scripts_of(written.text)]
    for text in texts:
        shell.run_text(text, part=call.part)


def _scripts_of(package: str) -> list[str]:
    try:
        scripts = json.loads(package).get("scripts", {}).values()
    except (ValueError, AttributeError, RecursionError):
        return []
    return [script for script in scripts if isinstance(script, str)]


def runner(call: Call) -> Value:
    """`npx tool`, `bunx`, `uvx`, `pipx run`."""
    command = call.value_of("-c", "--call")
    if command is not None:
        return call.shell.run_text(command, part=call.part)
    return _runner(call, 0)


def _runner(call: Call, start: int) -> Value:
    shell = call.shell
    rest = call.arguments[start:]
    while rest and rest[0].text[:1] == "-":
        taken = 2 if rest[0].text in {"-p", "--package", "--from", "--with", "--python"} else 1
        rest = rest[taken:]
    if re.search(UNUSUAL, call.text):
        shell.note("install", "unknown", call.part)
        return ANYTHING
    if not rest:
        return NOTHING
    if " " in rest[0].text.strip():
        return shell.run_text(rest[0], call.stdin, part=call.part)
    name = Value(re.sub(r"(?<=.)@[\w.^~-]+$", "", rest[0].text), rest[0].taints)
    return shell.run_words([name, *rest[1:]])


def python_tool(call: Call) -> Value:
    """`poetry run`, `uv run`, `hatch run`, `pdm run`, `bundle exec`."""
    words = [w for w in call.words if w[:1] != "-"]
    if words[:1] in (["run"], ["exec"]) or (call.name == "uv" and words[:2] == ["tool", "run"]):
        if any(w in {"--with", "--from"} for w in call.words) and re.search(UNUSUAL, call.text):
            call.shell.note("install", "unknown", call.part)
        return bundle(call)
    if call.name == "uv" and words[:1] == ["pip"]:
        by_table(call)
        return ANYTHING
    if call.name == "bundle":
        return configure_bundle(call)
    return by_table(call) if call.name in TABLE else ANYTHING


def nix(call: Call) -> Value:
    """`nix develop -c command`, `nix-shell --run text`."""
    text = call.value_of("--run", "--command") if call.name == "nix-shell" else None
    if text is not None:
        return call.shell.run_text(text, part=call.part)
    words = call.words
    start = next((i for i, word in enumerate(words) if word in {"-c", "--command"}), None)
    if start is not None and words[0] in {"develop", "shell", "run"}:
        return call.shell.run_words(call.arguments[start + 1 :], call.stdin)
    return by_table(call)


def pip(call: Call) -> Value:
    """`pip install`: from the index or the workspace it is daily work, from elsewhere not."""
    for option in ("-r", "--requirement", "-c", "--constraint", "-e", "--editable"):
        path = call.value_of(option)
        if path is not None and path.text and not re.match(UNUSUAL, path.text):
            call.shell.read(Value(re.sub(r"\[.*", "", path.text)), call.part)
    downloaded = any(
        call.shell.locate(o.text).path in call.shell.downloads
        for o in call.operands()
        if "/" in o.text or o.text.endswith((".whl", ".gz"))
    )
    if downloaded:
        call.shell.note("net-exec", "remote", call.part)
    return by_table(call)


PROGRAMS: dict[str, Program] = {
    **dict.fromkeys(TABLE, by_table),
    **named("npm pnpm yarn cnpm", package_manager),
    **named("npx bunx pnpx uvx", runner),
    **named("poetry uv hatch pdm rye bundle pipenv conda mamba micromamba", python_tool),
    **named("nix nix-shell", nix),
    **named("pip pip3", pip),
    **named("pipx luarocks cpan cpanm opam raco dub shards haxelib cabal stack", by_table),
}

"""Environment variables that make programs run code, load it from files, or write elsewhere."""

from __future__ import annotations

import re
from typing import Final, Literal

__all__ = ["HISTORY", "VariableUse", "code_in", "names_stranger", "options_run", "use_of"]

VariableUse = Literal["command", "file", "folders", "written", "options"]
"""What a variable does: its value is a `command`; a `file` that is loaded, or code itself;
`folders` or files from which code is loaded, as the workspace's own may be; a file or folder that
is `written`; `options` of a program."""

HISTORY: Final = re.compile(r"(?:HISTFILE|HISTSIZE|HISTFILESIZE|HISTCONTROL|HISTIGNORE)$")

_USES: Final[tuple[tuple[VariableUse, re.Pattern[str]], ...]] = (
    ("command", re.compile(
        r"(?:GIT_(?:SSH_COMMAND|SSH|PAGER|EDITOR|EXTERNAL_DIFF|ASKPASS|PROXY_COMMAND"
        r"|SEQUENCE_EDITOR)|(?:MAN|GH_|SYSTEMD_|BAT_|DELTA_|AWS_|PSQL_)?PAGER|(?:SUDO_|SVN_|HG)?EDITOR"
        r"|VISUAL|BROWSER|SSH_ASKPASS|SUDO_ASKPASS|PROMPT_COMMAND|LESSOPEN|LESSCLOSE|LESSEDIT"
        r"|FCEDIT|PS4|RSYNC_RSH|CVS_RSH|SVN_SSH|TAR_LONGLINK_100|CC|CXX|CPP|LD|AR|RUSTC|RUSTDOC"
        r"|(?:CARGO_BUILD_)?RUSTC(?:_WORKSPACE)?(?:_WRAPPER)?|CARGO_TARGET_\w+_(?:RUNNER|LINKER)"
        r"|(?i:npm_config_(?:script_shell|shell|editor|git|viewer|node_gyp))"
        r"|CMAKE_\w+_(?:COMPILER|LAUNCHER)|HOST_CC|TEXEDIT|MANROFFSEQ|PYTEST_EDITOR)$"
    )),
    ("file", re.compile(
        r"(?:LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES|BASH_ENV|ENV|PYTHONSTARTUP"
        r"|PERL5OPT|RUBYOPT|GCONV_PATH|GIT_EXEC_PATH|GIT_TEMPLATE_DIR|BASH_LOADABLES_PATH"
        r"|GIT_CONFIG(?:_GLOBAL|_SYSTEM|_PARAMETERS|_KEY_\d+)?|RIPGREP_CONFIG_PATH|ACKRC|INPUTRC"
        r"|CURL_HOME|WGETRC|OPENSSL_(?:CONF|ENGINES|MODULES)|SSH_SK_PROVIDER|PERL5DB|ZDOTDIR"
        r"|PIP_CONFIG_FILE|PYTEST_PLUGINS|VIMINIT|EXINIT|MYVIMRC|GVIMINIT|PYTHONHOME|LESSKEYIN|MAILCAPS|SCREENRC)$"
    )),
    ("folders", re.compile(
        r"(?:LD_LIBRARY_PATH|DYLD_\w*LIBRARY_PATH|PYTHONPATH|PERL5LIB|PERLLIB|RUBYLIB|NODE_PATH"
        r"|CLASSPATH|LUA_C?PATH|AWKPATH|AWKLIBPATH|GUILE_LOAD_PATH|TCLLIBPATH|R_LIBS(?:_USER)?"
        r"|JULIA_LOAD_PATH|ERL_LIBS|NPM_CONFIG_(?:USER|GLOBAL)CONFIG"
        r"|(?i:npm_config_(?:user|global)config)|GEM_PATH|GEM_HOME|BUNDLE_GEMFILE|GTK_MODULES"
        r"|DJANGO_SETTINGS_FILE|QT_PLUGIN_PATH|GIO_EXTRA_MODULES|VK_LAYER_PATH)$"
    )),
    ("written", re.compile(
        r"(?:GIT_TRACE(?:2)?(?:_\w+)?|GIT_(?:INDEX_FILE|OBJECT_DIRECTORY|WORK_TREE|COMMON_DIR)"
        r"|PIP_(?:TARGET|PREFIX|ROOT|LOG|SRC)|CARGO_TARGET_DIR|COVERAGE_FILE|NODE_V8_COVERAGE"
        r"|PYTHONPYCACHEPREFIX|NODE_REDIRECT_WARNINGS|BASH_XTRACEFILE|(?i:npm_config_(?:prefix|cache))"
        r"|SSLKEYLOGFILE|LD_DEBUG_OUTPUT|MALLOC_TRACE|GMON_OUT_PREFIX|DESTDIR)$"
    )),
    ("options", re.compile(
        r"(?:NODE_OPTIONS|PYTHONBREAKPOINT|TAR_OPTIONS|MAKEFLAGS|GNUMAKEFLAGS|MFLAGS|GOFLAGS|RUSTFLAGS|LESS|MANOPT"
        r"|(?:_JAVA|JDK_JAVA|JAVA_TOOL)_OPTIONS|JAVA_OPTS|(?:MAVEN|GRADLE|SBT|ANT)_OPTS"
        r"|PYTEST_ADDOPTS|PIP_(?:EXTRA_)?INDEX_URL|PIP_TRUSTED_HOST|GREP_OPTIONS|MAKEOVERRIDES"
        r"|CARGO_ENCODED_RUSTFLAGS|GIT_DIR|GIT_ALLOW_PROTOCOL|BASHOPTS|GZIP|TAPE|RSYNC_OPTIONS)$"
    )),
)  # fmt: skip
_STRANGERS: Final = re.compile(
    r"(?:GIT_(?:EXTERNAL_DIFF|SSH|PAGER|PROXY_COMMAND)|(?:\w+_)?(?:MAN)?PAGER"
    r"|(?:CARGO_BUILD_)?RUSTC(?:_WORKSPACE)?_WRAPPER|(?i:npm_config_(?:script_shell|shell)))$"
)
"""Variables of which nearly every value is one of few programs."""

_KNOWN: Final = re.compile(
    r"\s*(?:(?:/usr)?(?:/local)?/bin/)?(?:cat|less|more|most|head|true|:|delta|bat|batcat|difft"
    r"|diff-so-fancy|vimpager|col|ssh|sccache|ccache|cachepot|sh|bash)(?:\s|$)|\s*$"
)
_BY_INITIAL: Final = re.compile(r"[A-Z_n]")
_LONGEST: Final = 1_000
_CODE: Final = re.compile(
    r"!([^!]+)|\$\(shell ([^)]+)\)|\b(?:system|exec|popen)\s*\(?\s*[\"']([^\"']+)[\"']"
)
_OPTIONS_THAT_RUN: Final[dict[str, re.Pattern[str]]] = {
    "NODE_OPTIONS": re.compile(
        r"(?:-r|--require|--import|--(?:experimental-)?loader)[=\s]+[./~]"
        r"|--(?:redirect-warnings|[\w-]+-dir)[=\s]+[/~]"
    ),
    "PYTHONBREAKPOINT": re.compile(r"^(?!0?$|i?pdb\.|pudb\.|IPython|web_pdb|r(?:emote_)?pdb)"),
    "TAR_OPTIONS": re.compile(r"--(?:check\w*-a|to-c|use-c|rsh|rmt|info-s|new-v)|-I|-F"),
    "GOFLAGS": re.compile(r"-(?:toolexec|exec|vettool|overlay|modfile|ldflags.*-extld)"),
    "RUSTFLAGS": re.compile(r"linker\s*="),
    "LESS": re.compile(r"\+.*!|-[oOkK]"),
    "MANOPT": re.compile(r"-[PH]|--pager|--html"),
    "PYTEST_ADDOPTS": re.compile(r"-p\s|-c\s|--rootdir|--(?:basetemp|junit-?xml)[=\s]+[/~]"),
    "GIT_ALLOW_PROTOCOL": re.compile(r"\bext\b"),
    "GIT_DIR": re.compile(r"(?:(?<!\.git)|[^/]\.git)/?$"),
}
_MAKE: Final = re.compile(r"--?e(?:v|val)|\bSHELL=|-f|\$\(")
_JAVA: Final = re.compile(r"-(?:javaagent|agentpath|agentlib)|-XX:On\w+Error=|-Xbootclasspath|@")
_INDEX: Final = re.compile(r"(?!https://pypi\.org/simple)(?!https?://(?:localhost|127\.)).+")


def use_of(name: str) -> VariableUse | None:
    """Return what setting a variable does to the programs that run later; None where nothing."""
    if not _BY_INITIAL.match(name):
        return None
    return next((use for use, pattern in _USES if pattern.match(name)), None)


def names_stranger(name: str, value: str) -> bool:
    """Whether a variable makes programs run another one than it is there for."""
    return _STRANGERS.match(name) is not None and _KNOWN.match(value) is None


def code_in(value: str) -> list[str]:
    """Return the shell commands in a variable of a program's own language, as in `:!command`."""
    if len(value) > _LONGEST:
        return []
    return [next(filter(None, found.groups())) for found in _CODE.finditer(value)]


def options_run(name: str, value: str) -> bool:
    """Whether the options in a variable make a program run code that is not the project's."""
    if len(value) > _LONGEST:
        return True
    pattern = _OPTIONS_THAT_RUN.get(name)
    if pattern is None:
        if "MAKE" in name or name == "MFLAGS":
            pattern = _MAKE
        elif name.startswith("PIP_"):
            pattern = _INDEX
        elif name.endswith(("OPTS", "_OPTIONS")):
            pattern = _JAVA
    return pattern is not None and pattern.search(value) is not None

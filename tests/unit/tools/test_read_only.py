"""Which commands certainly only read. Whoever finds a way around adds it here."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding_agent_sdk.tools import credential_names
from coding_agent_sdk.tools.credential_names import is_credential_path, may_hold_credentials
from coding_agent_sdk.tools.read_only import is_read_only
from coding_agent_sdk.tools.read_only_table import COMMANDS, GIT_COMMANDS
from coding_agent_sdk.tools.shell_words import plain_commands


@pytest.fixture
def repo(root, workspace):
    (root / "src").mkdir()
    (root / "src" / "a.py").write_text("x = 1\n")
    (root / "b.txt").write_text("b\n")
    (root / ".git" / "objects").mkdir(parents=True)
    (root / ".git" / "refs").mkdir()
    (root / ".git" / "config").write_text("[core]\n\tbare = false\n")
    (root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    return workspace


READS = """
ls
ls -la src
cat src/a.py b.txt
cat 'src/a.py' "b.txt"
cat < /dev/null | wc -l || true
head -n 5 b.txt; tail -n 5 b.txt
grep -n "x = " src/a.py | head -3
grep -rn x src
grep -rn 'a.*b$' --include='*.py' .
rg -n foo src
rg foo
find . -name '*.py' -type f
find src -maxdepth 2 | sort | uniq -c | sort -rn | head
wc -l src/a.py
du -sh src
stat b.txt
file b.txt
diff src/a.py b.txt
cut -d: -f1 b.txt | tr a-z A-Z
sed -n 1,20p src/a.py
sed -n '3,$p' b.txt
pwd && ls
echo "hello world"
which python
python --version
node -v
ls 2>/dev/null
ls > /dev/null 2>&1
ls missing 2>/dev/null || echo none
git status
git status --short
git --version
git --no-pager log --oneline -5
git log -p src/a.py
git diff HEAD~1 -- src
git diff main..feature
git show HEAD
git branch
git branch -a
git branch --list 'feat*'
git branch --show-current
git tag
git tag -l 'v*'
git stash list
git remote
git rev-parse HEAD
git ls-files
git blame src/a.py
git grep -n foo
git shortlog -sn HEAD
basename src/a.py
nl b.txt
""".strip().split("\n")
READS.remove("cat < /dev/null | wc -l || true")  # input redirection is not in the table


@pytest.mark.parametrize("command", READS)
def test_what_only_reads_is_known(repo, command):
    assert is_read_only(command, repo)


WRITES_OR_RUNS = [
    "",
    "   ",
    "rm b.txt",
    "./ls",
    "/bin/ls",
    "src/a.py",
    "ls > out",
    "ls >> out",
    "ls >| out",
    "ls 2> out",
    "ls &> out",
    "ls >&out",
    "ls > /dev/null out > out2",
    "ls >/dev/null/../../tmp/x",
    "ls > /dev/sda",
    "cat <b.txt",
    "cat <<EOF\nx\nEOF",
    "cat <<< x",
    "ls &",
    "ls & rm b.txt",
    "ls |& tee out",
    "ls | tee out",
    "ls | xargs rm",
    "ls; rm b.txt",
    "ls && rm b.txt",
    "ls || rm b.txt",
    "ls\nrm b.txt",
    "ls\rrm b.txt",
    "ls \\\n-l",
    "ls # comment",
    "ls $(rm b.txt)",
    "ls `rm b.txt`",
    'ls "$(rm b.txt)"',
    'ls "`rm b.txt`"',
    "ls $HOME",
    'ls "$HOME"',
    "ls ${x:=y}",
    "ls $'a'",
    'ls $"a"',
    "ls ~",
    "ls ~root",
    "ls *",
    "cat src/*",
    "cat ?.txt",
    "cat [b].txt",
    "cat {b.txt,src/a.py}",
    "cat <(ls)",
    "ls >(cat)",
    "(ls)",
    "{ ls; }",
    "! ls",
    "a=1 ls",
    "PATH=. ls",
    "a=1",
    "if ls; then rm b.txt; fi",
    "for x in a; do rm $x; done",
    "while :; do ls; done",
    "f() { rm b.txt; }; f",
    "ls() { rm b.txt; }; ls",
    "[ -f b.txt ]",
    "[[ -f b.txt ]]",
    "((x=1))",
    "eval ls",
    "exec ls",
    "command ls",
    "builtin echo",
    "env ls",
    "sudo ls",
    "time ls",
    "nohup ls",
    "alias ls=rm",
    "source b.txt",
    ". b.txt",
    "cd src",
    "cd /; ls",
    "export A=b",
    "xargs ls",
    "sh -c ls",
    "bash b.txt",
    "awk 1 b.txt",
    "perl -v -e 1",
    "python",
    "python -c 1",
    "python -V src/a.py",
    "python src/a.py --version",
    "node -e 1",
    "npm -v install",
    "tee out",
    "touch x",
    "printf -v x y",
    # options that write, run, follow or take names from a file
    "find . -delete",
    "find . -exec rm {} +",
    "find . -exec rm '{}' ';'",
    "find . -execdir rm x +",
    "find . -ok rm x ';'",
    "find . -okdir rm x ';'",
    "find . -fprint out",
    "find . -fprintf out x",
    "find . -fprint0 out",
    "find . -fls out",
    "find -L .",
    "find -H src",
    "find . -follow",
    "find -files0-from b.txt",
    "uniq - out",
    "uniq -- - out",
    "uniq b.txt -",
    "uniq -- b.txt -out",
    "uniq -c - out",
    "uniq -f1 -- - -o",
    "uniq -- -- out",
    "tail +1f b.txt",
    "tail +f b.txt",
    "tail +5cf b.txt",
    "tail -1f b.txt",
    "tail -n1 -f b.txt",
    "tail -n 1 --fol=name b.txt",
    "tail --retry b.txt",
    "echo 'import os' | python -v",
    "python3 -v",
    "pip -v",
    "npm -v",
    "file -p b.txt",
    "file --preserve-date b.txt",
    "rg . -g '.e*'",
    "rg . -ng '.e*'",
    "rg . --glob '.e*'",
    "rg . --glob=.e*",
    "rg . '--iglob=.E*'",
    "rg x --type-add 'a:.e*' -ta",
    "rg x --trace",
    "grep -S x src",
    "git describe --dirty",
    "git describe --broken",
    "git describe --dirt=x",
    "git log --format=%G?",
    "git show '--pretty=format:%GK'",
    "git log --remerge-diff",
    "git log -p --diff-merges=remerge",
    "git log --stdin",
    "git rev-list --stdin",
    "git grep --untracked x",
    "git tag -l -v x",
    "git tag -l '--format=%(signature)'",
    "git tag --list --no-list x",
    "sort -o out b.txt",
    "sort -oout b.txt",
    "sort -ro out b.txt",
    "sort --output out b.txt",
    "sort --output=out b.txt",
    "sort --outp=out b.txt",
    "sort b.txt -o b.txt",
    "sort --compress-program=rm b.txt",
    "sort --comp rm b.txt",
    "sort -T src b.txt",
    "sort --files0-from=b.txt",
    "uniq b.txt out",
    "uniq -c b.txt out",
    "sed -i s/a/b/ b.txt",
    "sed -n '1w out' b.txt",
    "sed -n 1e b.txt",
    "sed -n 1p b.txt -i",
    "sed 1p b.txt",
    "sed -n",
    "sed -n -f b.txt",
    "grep -R x src",
    "grep --dereference-recursive x src",
    "grep --deref x src",
    "grep -f b.txt src/a.py",
    "grep -nf b.txt src/a.py",
    "grep --file=b.txt src/a.py",
    "grep -d recurse x src",
    "grep --dir=recurse x src",
    "rg --pre rm x",
    "rg --pre=rm x",
    "rg --hostname-bin=rm x",
    "rg -z x",
    "rg --search-zip x",
    "rg -L x",
    "rg --follow x",
    "rg --hidden x",
    "rg -. x",
    "rg -uuu x",
    "rg --no-ignore x",
    "rg -f b.txt",
    "ls -L src",
    "wc --files0-from=b.txt",
    "wc --files0=b.txt",
    "du --files0-from=b.txt",
    "du -L src",
    "tail -f b.txt",
    "tail -F b.txt",
    "tail --follow b.txt",
    "file -C -m b.txt",
    "file -f b.txt",
    "file -z b.txt",
    "diff -r src src",
    "diff src src",
    "diff --from-file=src b.txt",
    "diff -l b.txt src/a.py",
    # git
    "git",
    "git commit -m x",
    "git add .",
    "git checkout b.txt",
    "git push",
    "git config core.fsmonitor x",
    "git -c core.pager=rm log",
    "git -C src status",
    "git --git-dir=src status",
    "git --exec-path=src status",
    "git -p log",
    "git --paginate log",
    "git --no-pager --paginate log",
    "git diff --output=out",
    "git diff --outp=out",
    "git log --output out",
    "git diff --ext-diff",
    "git show --textconv HEAD",
    "git diff --no-index b.txt src/a.py",
    "git diff -Oorder",
    "git grep -O x",
    "git grep -Orm x",
    "git grep --open-files-in-pager=rm x",
    "git grep --op=rm x",
    "git grep --no-index x",
    "git grep -f b.txt",
    "git log --show-signature",
    "git branch new",
    "git branch -d main",
    "git branch -D main",
    "git branch -m new",
    "git branch --list -D main",
    "git branch --edit-description",
    "git branch -u origin/main",
    "git branch -vvD main",
    "git tag v1",
    "git tag -d v1",
    "git tag -l -d v1",
    "git tag --list --del v1",
    "git stash",
    "git stash drop",
    "git stash list -p",
    "git remote add x y",
    "git remote -v",
    "git blame --contents b.txt src/a.py",
    "git ls-files -X b.txt",
    "git reflog expire --all",
    "git fetch",
    "git alias",
]


@pytest.mark.parametrize("command", WRITES_OR_RUNS)
def test_what_writes_runs_or_is_unclear_is_not(repo, command):
    assert not is_read_only(command, repo)


OUTSIDE = [
    "cat /etc/passwd",
    "cat ../x",
    "cat src/../../x",
    "ls ..",
    "ls /",
    "ls -I/etc /",
    "grep -rn x ..",
    "grep --include=/etc/x x b.txt",
    "cat '../x'",
    'cat "../x"',
    'cat .".""/x"',
    "cat -- ../x",
    "cat '~/x'",
    "find / -name x",
    "find .. -name x",
    "git diff -- ../x",
    "git show HEAD:../x",
    "cat link",
    "cat link_folder/x",
    "head -n 1 link",
    "cat src/link",
    "ls link_folder",
    "cat loop",
    "wc -l link",
    "cat 'a\0b'",
    "cat -- -link",
    "grep x -- -link",
    "cat /proc/self/environ",
    "cat /proc/self/root/etc/passwd",
    "cat /dev/stdin",
    "head -c 9 /sys/kernel/notes",
    "tail -n1 /proc/self/cmdline",
    "git diff -- -link",
    "cat .git/config",
    "cat .GIT/config",
    "head -n 3 .git//config",
    "git show :/.git/config",
]


@pytest.mark.parametrize("command", OUTSIDE)
def test_what_leads_outside_is_not(repo, root, command):
    (root / "link").symlink_to("/etc/passwd")
    (root / "src" / "link").symlink_to("../../x")
    (root / "link_folder").symlink_to("/etc")
    (root / "loop").symlink_to("loop")
    (root / "-link").symlink_to("/etc/passwd")
    assert not is_read_only(command, repo)


@pytest.mark.parametrize(
    "path",
    [
        ".env", "src/.env", ".env.production", "prod.env", ".netrc", ".npmrc", ".pypirc",
        ".aws/credentials", ".ssh/id_rsa", "id_ed25519", "server.key", "cert.pem", "secrets.yaml",
        "credentials.json", ".git-credentials", "terraform.tfstate", "prod.tfvars", "my-secrets.toml",
        "service_account.json", ".docker/config.json", "token", ".ENV", "Secrets.JSON",
    ],
)  # fmt: skip
def test_files_with_credentials_are_not_read(repo, path):
    assert is_credential_path(path)
    for command in (
        f"cat {path}",
        f"grep -f{path} x",
        f"git show HEAD:{path}",
        f"head -c5 '{path}'",
    ):
        assert not is_read_only(command, repo)


@pytest.mark.parametrize(
    "path",
    [".env.example", "src/environment.py", "secrets.py", "token.py", "keys.py", "tokenizer.json"],
)
def test_files_that_are_only_called_alike_are_read(repo, path):
    assert is_read_only(f"cat {path}", repo)


def test_a_link_to_a_file_with_credentials_is_not_read(repo, root):
    (root / ".env").write_text("KEY=x")
    (root / "harmless").symlink_to(".env")
    assert not is_read_only("cat harmless", repo)


def test_a_folder_with_credentials_is_not_read_as_a_whole(repo, root):
    assert is_read_only("grep -rn x .", repo)
    (root / "src" / ".env").write_text("KEY=x")
    for command in ("grep -rn x", "grep -rn x .", "grep --rec x src", "grep -nr x src"):
        assert not is_read_only(command, repo)
        assert not is_read_only(command.replace("grep -", "rg -"), repo)
    assert is_read_only("grep -n x src/a.py", repo)
    assert not is_read_only("rg x", repo)  # an ignore file can have it read hidden files
    assert is_read_only("rg x b.txt", repo)
    (root / "doc").mkdir()
    assert is_read_only("grep -rn x doc", repo)
    assert is_read_only("rg -n x doc", repo)


def test_a_folder_too_large_to_look_through_may_hold_credentials(root, monkeypatch):
    for number in range(12):
        (root / f"{number}").touch()
    assert not may_hold_credentials(root)
    monkeypatch.setattr(credential_names, "_MAX_ENTRIES", 10)
    assert may_hold_credentials(root)


def test_without_a_repository_git_is_asked_about(workspace):
    assert not is_read_only("git status", workspace)


# -- the parsers ----------------------------------------------------------------------------------


def test_words_are_what_the_shell_makes_of_them():
    assert plain_commands("""echo a 'b c' "d e" f'g'"h" '' | cat && ls -l; pwd""") == [
        ["echo", "a", "b c", "d e", "fgh", ""],
        ["cat"],
        ["ls", "-l"],
        ["pwd"],
    ]
    assert plain_commands("grep 'a|b;c&d' x 2>/dev/null") == [["grep", "a|b;c&d", "x"]]
    assert plain_commands('grep "a\\|b" x') == [["grep", "a\\|b", "x"]]


@pytest.mark.parametrize(
    "command", ["echo 'a", "echo a |", "| ls", "ls ;; ls", "echo \u2028", "x" * 5000]
)
def test_what_is_no_command_has_no_words(command):
    assert plain_commands(command) is None


alphabet = st.sampled_from(
    [
        "ls",
        "echo",
        " ",
        "a",
        "-l",
        "'",
        '"',
        "\\",
        "|",
        "&&",
        ";",
        "$",
        "#",
        "*",
        "2>&1",
        ">",
        "/dev/null",
        "~",
        "(",
        "{",
        "=",
        "!",
        "\t",
        "x y",
    ]
)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@given(st.lists(alphabet, max_size=8).map("".join))
def test_bash_sees_the_same_words(text):
    commands = plain_commands(text)
    if commands is None or len(commands) != 1:
        return
    script = f"f() {{ printf '%s\\0' \"$@\"; }}; f {text}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, cwd="/", timeout=20)
    if "/dev/null" in text and ">" in text:
        return
    shown = done.stdout.decode().split("\0")[:-1]
    assert shown == commands[0]


def test_every_command_of_the_table_has_a_case_that_reads():
    words = {word for command in READS for word in command.split()}
    untested = set(COMMANDS) - words - {"dirname", "false", "true", "pip", "python3"}
    assert untested == set()
    git_commands = {c.split()[1] for c in READS if c.startswith("git ")}
    assert set(GIT_COMMANDS) - git_commands <= {"describe", "log", "merge-base", "rev-list"}


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(
    "command", [c for c in READS if not c.startswith(("rg", "node", "git", "file"))]
)
def test_what_is_called_read_only_leaves_the_workspace_as_it_was(repo, root, command):
    def state():
        return {
            path: (files, [(name, os.stat(os.path.join(path, name)).st_mtime_ns) for name in files])
            for path, _, files in os.walk(root)
        }

    before = state()
    subprocess.run(["bash", "-c", command], cwd=root, capture_output=True, timeout=20)
    assert state() == before

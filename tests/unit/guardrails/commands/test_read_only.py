"""Which commands are known to do nothing but read inside the workspace."""

from __future__ import annotations

import pytest

from coding_agent_sdk.middleware.guardrails import Verdict, judge_command
from coding_agent_sdk.middleware.guardrails.findings import Effect

READS = r"""
ls -la
cat README.md
cat a | grep b | sort | uniq -c | head -3
git status
git diff HEAD~1 -- src
git log -p
git show HEAD
git branch -a
git tag -l 'v*'
git remote -v
git stash list
git config --get user.name
git ls-files | wc -l
git blame a
grep -rn foo src
rg foo
find . -name '*.py' -type f
find . -type f | xargs wc -l
sed -n 1,5p a
awk '{print $1}' a
jq . a.json
echo hi
pwd
for f in *.py; do wc -l $f; done
cd src && ls
cat a 2>/dev/null
ls > /dev/null
test -f a && cat a
tar tf a.tar
python --version
cat <<E\nx\nE
echo x | base64
date
which python
x=1; echo $x
sort -u y
sort -k2,2 -t, y
sed -n p x
awk '$1 > 5 {print $2}' f
awk '{if ($1 > 5) print $2}' f
awk '{print ($1 > 5)}' f
awk -F: '{print $1}' f
go list ./...
man ls
ss -ltnp
ip addr
journalctl -n 5
dmesg
loginctl list-sessions
docker ps
systemctl status x
hostnamectl
less a
jq --arg a b '.x' a.json
"""

CHANGES = r"""
touch a
rm a
echo a > b
ls | tee b
sed -i s/a/b/ f
sed 's/a/b/w out' f
awk '{print > "x"}' f
awk 'BEGIN{system("x")}'
find . -delete
find . -exec rm {} \;
find . -ok rm {} \;
find . -fprint x
find . -fls x
sort -o b a
sort --compress-program=./x a
uniq a b
shuf -o b a
tree -o x
less -o x a
rg --pre ./x foo
rg --hostname-bin ./x foo
bat --pager ./x a
xargs rm
xargs ./x
env ./x
tar xf a.tar
tar cf a.tar b
tar tf a.tar --to-command=./x
git -c core.pager=./x log
git diff --output=x
git diff --ext-diff
git grep --open-files-in-pager=./x foo
git grep -O./x foo
git branch new
git tag v1
git stash
git config a.b c
git fetch
git push
git remote add a b
git worktree add x
date -s 2020-01-01
hostname x
man -P ./x ls
python -c 'print(1)'
python m.py
make
npm test
./run
curl http://x
cat ~/x
cat /etc/hosts
ls /tmp
cat .env
xxd -r a b
openssl rand -out x 5
iconv -o b a
PAGER=./x man ls
LD_PRELOAD=./x ls
PATH=./bin:$PATH ls
cat `rm x`
cat <(touch x)
bash -c 'touch x'
vim a
gzip a
docker ps > x
read x < a; $x
alias ls=rm; ls
trap 'rm x' EXIT
$UNKNOWN a
sort -uo x y
sort --outp=x y
sort --output x y
sort --compress-prog=./x y
sed --in p x
sed --in-pl p x
sed -ni p x
awk '{print >> $1}' f
awk '{print > $1".txt"}' f
awk '{printf "%s", $0 > ("x" NR)}' f
gawk -oF 'BEGIN{}' f
gawk -dF 'BEGIN{}' f
gawk -pF 'BEGIN{}' f
gawk -o 'BEGIN{}' f
gawk -d 'BEGIN{}' f
gawk --dump-variables 'BEGIN{}' f
gawk 'BEGIN{f="system";@f("touch x")}'
go list -toolexec ./x ./...
go vet -vettool=./x ./...
rpm -q --pipe ./x foo
rpm -qa --pipe='touch x'
python -m pip list
python -m timeit 1
python -m json.tool a.json
bundle list
bundle show
info -o x ls
info --output=x ls
less --LOG-FILE=x a
less --log-file=x a
less -Ox a
man --update
man -u ls
sar -o x 1 1
sar -ox 1 1
journalctl --setup-keys
journalctl --update-catalog
journalctl --cursor-file=x
ip -batch x
ip -b x
ip -force -batch x
ss -K dst 1.2.3.4
ss --kill dst 1.2.3.4
ss -D x
dmesg -n 1
dmesg --console-off
dmesg -E
hostnamectl hostname x
loginctl enable-linger
loginctl lock-session
npx cowsay
docker -H tcp://x.example ps
docker -H ssh://h ps
systemctl -H h status x
systemctl --host=h status x
aws --endpoint-url http://x.example s3 ls
tree -ox
shuf --out=x a
jq -n --rawfile a ~/.ssh/id_rsa .
iconv --outp=x a
file -C -m x
date --set=x
curl --head https://x.example
"""


def lines(text: str) -> list[str]:
    return [line.replace("\\n", "\n") for line in text.strip().splitlines()]


@pytest.mark.parametrize("command", lines(READS))
def test_a_reading_command_is_read_only(command: str) -> None:
    verdict = judge_command(command, workspace="/srv/repo")
    assert verdict.read_only, verdict.effects


@pytest.mark.parametrize("command", CHANGES.strip().splitlines())
def test_a_command_that_writes_runs_or_leaves_is_not(command: str) -> None:
    assert not judge_command(command, workspace="/srv/repo").read_only


def test_an_asked_command_is_never_read_only() -> None:
    effects = (Effect(kind="read", where="inside"),)
    assert Verdict(decision="allow", effects=effects).read_only
    assert not Verdict(decision="ask", effects=effects).read_only
    assert not Verdict(decision="allow", effects=(Effect(kind="read", where="home"),)).read_only


@pytest.mark.parametrize(
    "command",
    [
        "git log --textconv -p",
        "git log --show-signature",
        "git log --format=%G?",
        "gawk -l x 'BEGIN{}'",
        "sed -f x.sed a",
        "bat --config-file x a",
        "nm --plugin=./x a",
        "ldd ./x",
        "file -m x a",
        "date 010100002020",
    ],
)
def test_what_runs_or_sets_something_on_the_way_does_not_only_read(command: str) -> None:
    assert not judge_command(command, workspace="/srv/repo").read_only

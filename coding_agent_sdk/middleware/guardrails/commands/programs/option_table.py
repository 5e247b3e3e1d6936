"""Options of programs that write files, or load code from files, by what their manuals say."""

from __future__ import annotations

from typing import Final, NamedTuple


class Options(NamedTuple):
    """What the options of a program do with the value that follows them.

    Attributes:
        whole: what an option does, by its spelling without the value.
        clustered: the same for letters that may stand at the end of others, as in `-sSo file`.
        beginnings: the same for options whose value follows at once, as in `-javaagent:file`.
    """

    whole: dict[str, str]
    clustered: dict[str, str]
    beginnings: dict[str, str]


def read_options(text: str) -> dict[str, Options]:
    """Read the table: lines of programs with a colon, below them an action and its options.

    An option `-*x` may stand at the end of a cluster of letters; of one that ends with `:`, `@` or
    `*` the value follows at once.
    """
    table: dict[str, Options] = {}
    programs: list[str] = []
    for line in text.strip("\n").splitlines():
        if not line.startswith(" "):
            programs = line.removesuffix(":").split()
            table.update({name: Options({}, {}, {}) for name in programs})
            continue
        action, *options = line.split()
        for name in programs:
            for option in options:
                _add(table[name], action, option)
    return table


def _add(options: Options, action: str, option: str) -> None:
    if option.startswith("-*"):
        options.clustered[option[2]] = action
        options.whole[f"-{option[2]}"] = action
    elif option[-1] in ":@*":
        options.beginnings[option.removesuffix("*")] = action
    else:
        options.whole[option] = action


OPTIONS: Final = read_options("""
gcc g++ cc c++ clang clang++ tcc gfortran:
    write -o -MF -dumpdir -dumpbase
    load -specs --specs -B -fplugin -fpass-plugin -wrapper @ -Xclang
ld ld.gold lld ld.lld mold:
    write -o -Map --Map
    load -plugin --plugin
as nasm yasm:
    write -o -l
rustc:
    write -o
    folder --out-dir
    load linker -Clinker --codegen=linker
javac:
    folder -d -s -h
    load -processorpath --processor-path -cp -classpath --class-path @
java javaw:
    load -cp -classpath --class-path -p --module-path -jar -javaagent: -agentpath: @
    write -XX:HeapDumpPath -XX:ErrorFile -Xloggc:
    run -XX:OnError -XX:OnOutOfMemoryError
node nodejs tsx ts-node bun:
    write --redirect-warnings --trace-event-file-pattern --outfile
    folder --cpu-prof-dir --heap-prof-dir --report-directory --report-dir --diagnostic-dir --outdir
    load -r --require --import --loader --experimental-loader --preload --snapshot-blob
    read --env-file
    in --cwd
deno:
    write -o --output
    load --preload --import-map -c --config
go:
    write -o -coverprofile -cpuprofile -memprofile -blockprofile -mutexprofile -trace
    folder -outputdir -pkgdir
    load -overlay -modfile
    in -C
cargo:
    folder --target-dir --out-dir --artifact-dir --root
    load --config
    in --manifest-path -C --path
npm pnpm yarn cnpm npx pnpx:
    folder --cache --pack-destination --store-dir --modules-folder --cache-folder
    in -C --prefix --cwd --dir
pip pip3 pipx:
    folder -*d --dest -w --wheel-dir -t --target --prefix --root --src --cache-dir
    write --log --report
    load --python
uv uvx:
    write -o --output-file
    folder --target --prefix --out-dir --cache-dir
    in --directory --project
poetry pdm hatch:
    write -o --output
    in -C --directory --project
conda mamba micromamba:
    folder -p --prefix
gem:
    folder -i --install-dir -n --bindir
    write -o --output
bundle bundler:
    folder --path
    in --gemfile
composer:
    in -d --working-dir
dotnet:
    folder -o --output
    in --project
swift:
    in --package-path
    folder --scratch-path --build-path
zig:
    folder --prefix
    load --zig-lib-dir
nim ghc mix dart kotlinc scalac ocamlc ocamlfind fpc gnatmake dmd ldc2:
    write -o -o: --out --output -d
elixir:
    load -r -pr
gradle gradlew:
    in -p --project-dir
    load -I --init-script -b --build-file -c --settings-file
    folder -g --gradle-user-home --project-cache-dir
mvn mvnw:
    in -f --file
    load -s --settings -gs -t -Dmaven.ext.class.path -Dexec.executable
cmake:
    load -C -P -DCMAKE_C_COMPILER -DCMAKE_CXX_COMPILER -DCMAKE_TOOLCHAIN_FILE
    load -DCMAKE_C_COMPILER_LAUNCHER -DCMAKE_CXX_COMPILER_LAUNCHER
    folder -B --install-prefix --prefix
make gmake bmake remake:
    load -*f --file --makefile -I --include-dir SHELL CC CXX RM MAKEFILES
    in -*C --directory
    folder DESTDIR
    install PREFIX prefix bindir
ninja:
    load -f
    in -C
eslint:
    load -c --config --rulesdir --resolve-plugins-relative-to --parser --plugin
    write -o --output-file
prettier stylelint rollup webpack vite vitest mocha jest babel playwright cypress tailwindcss:
    load -c --config --plugin --config-file --require -r --setupFiles --globalSetup
    write -o --output --outputFile --out-file
    folder --outDir --out-dir --outdir
tsc esbuild swc:
    folder --outDir --outdir --outFile --outfile -d --out-dir
pytest py.test:
    load -c --config-file --rootdir
    folder --basetemp
    write --junitxml --junit-xml --log-file
coverage:
    write -o
    folder -d --directory
    load --rcfile
pylint flake8 mypy tox nox:
    load --rcfile --config --config-file -f --noxfile
    write --output-file --output
sphinx-build:
    load -c
sort:
    folder -T --temporary-directory
openssl:
    write -out -keyout -writerand
    load -config -engine -provider-path -provider
ssh-keygen:
    load -D -w
ssh ssh-add sftp:
    load -I -s
    write -E
gpg gpg2:
    write -*o --output --log-file --logger-file --status-file
    load --homedir --options --agent-program --gpgconf-program
find:
    read -files0-from
file:
    load -m --magic-file
wc du:
    read --files0-from
ctags etags universal-ctags:
    load --options
    write -o -f
zip:
    folder -b --temp-path
    write --out -O --output-file --logfile-path -lf
zstd pzstd:
    write -o
    folder --output-dir-flat --output-dir-mirror
pandoc:
    load -F --filter -L --lua-filter --data-dir --defaults -d
    write -o --output --log --extract-media
dot neato circo fdp sfdp twopi:
    write -o
pdflatex xelatex lualatex latex tex latexmk:
    folder -output-directory --output-directory -outdir -auxdir
protoc:
    load --plugin
patch:
    write -o --output -r --reject-file
jq gojq:
    read -f --from-file -L
screen:
    write -Logfile
    load -c
tmux:
    load -f
parallel:
    write --joblog
    folder --results
hyperfine:
    write --export-json --export-csv --export-markdown --export-asciidoc --export-orgmode --output
    run -p --prepare -s --setup -c --cleanup --conclude
env:
    in -C --chdir
flex bison yacc byacc lex re2c gperf ragel xgettext msgfmt msgmerge swig rpcgen m4 gm4:
    write -*o --output --output-file --defines
gdb:
    load -x --command -ix --init-command
    write --write-core
lldb:
    load -s --source -S --source-before-file
ruby:
    load -r -I -C
perl:
    load -I
php:
    load -c -z auto_prepend_file auto_append_file extension zend_extension
lua luajit:
    load -l
emacs:
    load -l --load --script -L --directory
tar gtar bsdtar:
    write -*g --listed-incremental --index-file --volno-file
    folder --one-top-level
    read -*T --files-from -X --exclude-from
curl curlie:
    write -*D -*c --hsts --alt-svc --libcurl --stderr --trace --trace-ascii --etag-save
    load --engine
wget wget2:
    write -*o -*a --output-file --append-output --save-cookies --rejected-log --hsts-file
    write --warc-file
    read -*i --input-file --load-cookies
rsync:
    write --log-file --write-batch --only-write-batch
    folder --backup-dir --temp-dir -T --partial-dir
    read --files-from --exclude-from --include-from --password-file
time gtime:
    write -*o --output
strace ltrace:
    write -*o --output
perf:
    write -o --output
valgrind:
    write --log-file --xml-file --massif-out-file --callgrind-out-file --cachegrind-out-file
sed gsed:
    load -*f --file
vim nvim vi ex view rview rvim gvim vimdiff:
    load -S -u -U
    write -*w -*W
awk gawk mawk nawk:
    load -f --file -l --load -i --include -E --exec
    write -o --pretty-print -p --profile -d --dump-variables
sqlite3 litecli duckdb:
    load -init --init
git-init git-clone:
    folder --separate-git-dir
git-format-patch git-bugreport git-diagnose git-mailsplit:
    folder -*o --output-directory
git-checkout-index:
    folder --prefix
git-fast-export git-fast-import:
    write --export-marks --export-pack-edges --import-marks
git-apply git-am git-read-tree:
    folder --directory --index-output
objcopy strip ar ranlib nm:
    write -o
    load --plugin
bat batcat:
    load --config-file
ffmpeg:
    write -passlogfile -vstats_file -progress
    read -filter_script -filter_complex_script
xmllint xsltproc:
    write -o --output
inotifywait:
    write -o --outfile
yt-dlp youtube-dl:
    folder -P --paths
    write -o --output
http https xh:
    write -o --output
python-m-zipapp:
    write -o --output
python-m-cProfile python-m-profile:
    write -o --outfile
python-m-trace:
    folder -C --coverdir
    write -f --file
python-m-ensurepip:
    folder --root
python-m-http.server:
    read -d --directory
cp gcp install ginstall:
    folder -*t --target-directory
info:
    write -*o --output
sar:
    write -*o
ss:
    write -*D --diag
journalctl:
    write --cursor-file
rpm:
    run --pipe
""")
"""What options do: `write` a file, write a `folder`, `load` code or settings that run code, work
`in` a project whose code then runs, `run` a command, `read` a file."""

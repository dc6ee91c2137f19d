#!/bin/sh
# SPDX-License-Identifier: PostgreSQL
# A lint that cannot fail is worth nothing: plant each breach in a copy and see it found.
set -u
cd "$(dirname "$0")/../.." || exit 2
here=$PWD
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
status=0
planted=0

# fresh: a tree in which every lint is content.
fresh() {
    rm -rf "${copy:?}/tree"
    mkdir "$copy/tree" && cd "$copy/tree" || exit 2
    mkdir .ci tests proxy protocol protocol/base optimizer cache shard conf bench
    cp "$here/.clang-format" "$here/.clang-tidy" .
    cp -r "$here/tests/lint" tests/
    echo '# SPDX-License-Identifier: PostgreSQL' >CMakeLists.txt
    for readme in . proxy protocol optimizer cache shard conf tests bench; do
        echo 'A page.' >"$readme/README.md"
    done
    source_file proxy/good 'int proxy_good(void);' \
        'int proxy_good(void)' '{' '    return 0; /* the same time (as ever) */' '}'
    printf '%s\n' '## [sluice]' '### on' 'Value: 0.' '### off' 'Value: 0. **Ignored**: so.' \
        '## [users]' '### size' 'Value: 0.' >conf/KEYS.md
    printf 'sluice\ton\twire.a\nusers\tsize\te2e.b/it_is_so\n' >tests/keys.tsv
    mkdir tests/wire tests/e2e
    echo 'conf on = 1' >tests/wire/a.wire
    printf '%s\n' '/* SPDX-License-Identifier: PostgreSQL */' 'void it_is_so(void);' \
        'void it_is_so(void)' '{' '    start("size=1");' '}' '' 'static const cases[] = {it_is_so};' \
        '/* unlisted */' >tests/e2e/test_b.c
}

# source_file PATH DECLARATION LINE...: writes PATH.h and PATH.c.
source_file() {
    path=$1 declaration=$2
    shift 2
    guard=SLUICE_$(echo "$path" | tr 'a-z/' 'A-Z_')_H
    printf '%s\n' '/* SPDX-License-Identifier: PostgreSQL */' "#ifndef $guard" "#define $guard" \
        '' "$declaration" '' '#endif' >"$path.h"
    printf '%s\n' '/* SPDX-License-Identifier: PostgreSQL */' "#include \"$path.h\"" '' "$@" >"$path.c"
}

# found LINT WORDS: LINT must fail on this tree and say WORDS.
found() {
    planted=$((planted + 1))
    if out=$(sh "tests/lint/$1.sh" "$copy/tree" 2>&1); then
        echo "FAILED: $1.sh did not see: $2"
        status=1
    elif ! echo "$out" | grep -qF -- "$2"; then
        echo "FAILED: $1.sh failed, but not with: $2"
        echo "$out"
        status=1
    fi
}

# content LINT: LINT must be content with the tree.
content() {
    sh "tests/lint/$1.sh" "$copy/tree" >"$copy/out" 2>&1 && return
    echo "FAILED: $1.sh is not content with a good tree:"
    cat "$copy/out"
    status=1
}

fresh
for lint in layers banned headers format paths spdx sizes keys; do content "$lint"; done

fresh; printf '#include "proxy/good.h"\n' >cache/bad.c;    found layers cache/bad.c:1
fresh; printf '#include "shard/x.h"\n' >cache/bad.c;    found layers cache/bad.c:1
fresh; printf '#include "protocol/x.h"\n' >protocol/base/bad.h; found layers protocol/base/bad.h:1
for door in pg_query.h hiredis/hiredis.h libpq-fe.h xxhash.h openssl/ssl.h event.h jansson.h; do
    fresh; printf '#include <%s>\n' "$door" >proxy/bad.c; found layers proxy/bad.c:1
done
fresh; printf '#include <event2/event.h>\n' >conf/bad.c;    found layers conf/bad.c:1
fresh; printf '#include <sys/socket.h>\n' >protocol/bad.c;  found layers protocol/bad.c:1
fresh; printf 'int f(void) { return socket(1, 2, 3); }\n' >conf/bad.c; found layers conf/bad.c:1
fresh; printf 'void f(void) { sl_log(1); }\n' >cache/bad.c; found layers cache/bad.c:1
fresh; sed -i '2i #include <stdio.h>' proxy/good.c;         found layers proxy/good.c:1

for call in strcpy strcat strncpy strncat sprintf vsprintf gets atoi atol atoll atof strtok \
    localtime gmtime strerror ctime asctime getpwnam getpwuid getgrnam gethostbyname \
    gettimeofday time sleep usleep system popen assert alloca; do
    fresh; printf 'x = %s(y);\n' "$call" >shard/bad.c; found banned shard/bad.c:1
done
fresh; printf 'int x; // why\n' >tests/bad.c;       found banned tests/bad.c:1
fresh; printf '/* TODO */\n' >tests/bad.c;          found banned tests/bad.c:1

fresh; sed -i 's/int proxy_good/size_t proxy_good/' proxy/good.h; found headers 'does not compile alone'
fresh; sed -i 's/SLUICE_PROXY_GOOD_H/GOOD_H/' proxy/good.h;       found headers 'guard must be'
fresh; sed -i 's/return 0/return  0/' proxy/good.c;               found format proxy/good.c:6
fresh; echo 'See proxy/gone.c.' >>README.md;        found paths proxy/gone.c
fresh; echo 'See `tests/gone/*.c`' >conf/README.md; found paths tests/gone
fresh; rm cache/README.md;                          found paths cache/README.md
fresh; mkdir docs;                                  found paths 'docs: the top level'
fresh; sed -i 1d proxy/good.c;                      found spdx proxy/good.c:1
fresh; printf '#!/bin/sh\ntrue\n' >bench/bad.sh;    found spdx bench/bad.sh:1

fresh
{ echo 'int proxy_long(void)'; echo '{'; yes '    proxy_good();' | head -n 68; echo '    return 0;'; echo '}'; } >>proxy/good.c
found sizes 'proxy_long has 72 lines'
fresh; echo 'int f(int a, int b, int c, int d, int e, int g, int h) { return a; }' >>proxy/good.c
found sizes 'f has more than 6 parameters'
fresh; yes '' | head -n 800 >>proxy/good.c;         found sizes proxy/good.c:801

fresh; sed -i 1d tests/keys.tsv;                    found keys '[sluice] on is honoured, and no line'
fresh; sed -i '/size/d' tests/keys.tsv;             found keys '[users] size is honoured, and no line'
fresh; sed -i 's/\*\*Ignored.*//' conf/KEYS.md;      found keys '[sluice] off is honoured, and no line'
fresh; printf 'sluice\toff\twire.a\n' >>tests/keys.tsv; found keys 'tests/keys.tsv:3: [sluice] off is ignored'
fresh; printf 'sluice\tnone\twire.a\n' >>tests/keys.tsv; found keys 'there is no key none in [sluice]'
fresh; sed -i 's/wire.a/wire.gone/' tests/keys.tsv; found keys 'tests/keys.tsv:1: there is no test wire.gone'
fresh; sed -i 's/it_is_so/it_is_not/' tests/keys.tsv; found keys 'tests/e2e/test_b.c has no case it_is_not'
fresh; sed -i 's/it_is_so/unlisted/' tests/keys.tsv; found keys 'tests/e2e/test_b.c has no case unlisted'
fresh; sed -i 's,/it_is_so,,' tests/keys.tsv;       found keys 'which case of e2e.b?'
fresh; sed -i 's/ on / once /' tests/wire/a.wire;   found keys 'tests/wire/a.wire does not name on'
fresh; sed -i 's/\twire.a//' tests/keys.tsv;        found keys 'not section, key and test'

echo "$planted breaches planted"
exit $status

/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/tls.h"

#include "tests/support/proc.h"

#include <stdio.h>

/* One shell script, because that is what the openssl program is made for. */
static void openssl(const char *dir, const char *script, const char *name, const char *cn)
{
    char log[PROC_PATH_MAX];

    snprintf(log, sizeof(log), "%.200s/openssl.log", dir);
    if (proc_shell(log,
                "set -e; mkdir -p '%s/tls'; cd '%s/tls'; umask 077; name='%s'; cn='%s'\n"
                "key() { openssl ecparam -name prime256v1 -genkey -noout -out $1.key; }\n"
                "ca() { key $1; openssl req -x509 -new -key $1.key -subj /CN=$1 -days 30 \\\n"
                "  -addext basicConstraints=critical,CA:TRUE -out $1.crt; }\n"
                "sign() { key $1; openssl req -new -key $1.key -subj \"/CN=$2\" -out $1.csr\n"
                "  echo \"$3\" >$1.ext; openssl x509 -req -in $1.csr -CA ca.crt -CAkey ca.key \\\n"
                "  -CAcreateserial -days 30 -sha256 -extfile $1.ext -out $1.crt; }\n"
                "server() { sign server localhost 'subjectAltName=DNS:localhost,IP:127.0.0.1'; }\n"
                "%s",
                dir, dir, name, cn, script) != 0) {
        proc_die("openssl failed");
    }
}

static void give_tls(const char *dir, const char *user)
{
    if (user != NULL &&
            proc_shell(NULL, "[ $(id -u) -ne 0 ] || chown -R %s: '%s/tls'", user, dir)) {
        proc_die("chown of %s/tls failed", dir);
    }
}

void tls_make(const char *dir, const char *user)
{
    openssl(dir, "ca ca; ca other-ca; server", "", "");
    give_tls(dir, user);
}

void tls_client(const char *dir, const char *name, const char *cn)
{
    openssl(dir, "sign $name \"$cn\" extendedKeyUsage=clientAuth", name, cn);
}

void tls_renew(const char *dir, const char *user)
{
    openssl(dir, "server", "", "");
    give_tls(dir, user);
}

# Sourced by the fetch_*.sh: packages of Debian's trixie, into a private folder, so that the machine's own sources stay as they are.
# Wants: $name, of the script; $otherwise, what a user can do without.

suite=trixie

say() { echo "$name: $*" >&2; }

# private_apt FOLDER KIND: makes FOLDER with lists of its own; KIND is deb or deb-src. Then apt_private works there.
private_apt() {
    apt=$1
    if ! command -v apt-get >/dev/null; then
        say "this machine has no apt-get; $otherwise."
        exit 1
    fi
    # The mirror: the first Debian archive named by the machine's sources (one-line or deb822 files), security excepted.
    mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
        sed -n -e 's/^deb\(-src\)\{0,1\} *\(\[[^]]*\]\)\{0,1\} *\([^ ]*\) .*/\3/p' -e 's/^URIs: *\([^ ]*\).*/\1/p' |
        grep '/debian/*$' | head -n 1)
    if [ -z "$mirror" ]; then
        say "no Debian mirror in /etc/apt/sources.list or /etc/apt/sources.list.d; $otherwise."
        exit 1
    fi
    rm -rf "$apt"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/source"
    echo "$2 [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" > "$apt/sources.list"
}

apt_private() {
    apt-get -q -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root \
        -o APT::Update::Error-Mode=any -o Acquire::Retries=2 "$@"
}

not_got() {
    say "could not get $1 of $suite from $mirror (offline? the log is $apt/log); $otherwise."
    exit 1
}

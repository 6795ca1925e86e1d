# Sourced by what needs another Debian release, or a machine on which nothing was installed: chroots by debootstrap, kept in
# $MARKETING_CHROOTS for the next time.

chroots=${MARKETING_CHROOTS:-/var/cache/pg_marketing/chroots}

# Where this machine has its own packages from, other releases are to be had, too.
mirror() { apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' | grep -v security | head -n 1; }

make_chroot() {
    local release=$1 folder=$2
    command -v debootstrap >/dev/null || as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q debootstrap ||
        { as_root apt-get update -q && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q debootstrap; } || return 1
    rm -rf "$folder.new"
    mkdir -p "$chroots"
    # A mirror that does not answer is no release.
    timeout 1200 debootstrap --variant=minbase --include=ca-certificates,perl "$release" "$folder.new" "$(mirror)" || return 1
    # No package starts a service.
    printf '#!/bin/sh\nexit 101\n' >"$folder.new/usr/sbin/policy-rc.d"
    chmod +x "$folder.new/usr/sbin/policy-rc.d"
    # Nor waits for the disk: a chroot is made again where it was lost.
    echo force-unsafe-io >"$folder.new/etc/dpkg/dpkg.cfg.d/unsafe-io"
    mv "$folder.new" "$folder"
}

# in_chroot <folder> <command...>, in $chroot_folder there: mounts and processes are gone afterwards.
in_chroot() {
    local folder=$1
    shift
    # shellcheck disable=SC2016
    chroot_folder=${chroot_folder:-} unshare --mount --pid --fork --kill-child --propagation private bash -c '
        folder=$1
        shift
        mount -t proc proc "$folder/proc" && mount --rbind /dev "$folder/dev" && mount -t tmpfs -o mode=1777 tmpfs "$folder/dev/shm" || exit 1
        # Not exec: the first process has to bury those that lose their parents, and a shell does.
        chroot "$folder" env --chdir="${chroot_folder:-/build/pg_marketing}" "$@"
        exit' in_chroot "$folder" "$@"
}

# The sources without what was built of them, as an archive.
sources() { tar c --exclude=./build --exclude='*.[od]' --exclude='*.so' --exclude='*.gch' --exclude=./built_with --exclude=./.git .; }

copy_tree() {
    local target=$1/build/pg_marketing
    rm -rf "$target"
    mkdir -p "$target"
    sources | tar x -C "$target"
}

# find_chroot <release> [name]: $folder is a chroot of that release; where there can be none, $reason says why.
find_chroot() {
    local release=$1 name=${2:-$1}
    folder=$chroots/$name
    reason=
    if [ "$(id -u)" != 0 ]; then
        reason='a chroot takes root'
    elif ! unshare --mount true 2>/dev/null; then
        reason='this machine lets nobody mount'
    elif ! [ -d "$folder" ] && ! phase "A chroot of $release" "chroot-$name" make_chroot "$release" "$folder"; then
        reason="$release is not to be had"
    fi
    [ -z "$reason" ]
}

#!/bin/sh
# Gradescope runs this once, as root, when it builds the image: what the grader needs, and no door to it.
#
# TORCH_INDEX: the address of an index with CPU builds of torch, if you know one; put it between the quotes. Without it,
# pip takes torch from where it takes the rest, which on Linux brings several GB for CUDA. PIP_INDEX_URL, and pip's other
# variables, hold for all packages.
# PYTHON: a Python of 3.11 or newer that is there already; then nothing is installed by apt.
# AUTOGRADER: the folder that the bundle has been unpacked in, as source.
set -eu
TORCH_INDEX="${TORCH_INDEX:-}"
PYTHON="${PYTHON:-}"
base="${AUTOGRADER:-/autograder}"

umask 022 # other users run this Python, and read its packages
chmod 700 "$base/source"

new_enough() {
  command -v "$1" > /dev/null && "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2> /dev/null
}

if [ -z "$PYTHON" ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update
  apt-get install -y --no-install-recommends bubblewrap util-linux python3 python3-venv
  for one in python3 python3.13 python3.12 python3.11; do # Ubuntu 22.04 has 3.11 beside its own 3.10
    new_enough "$one" || apt-get install -y --no-install-recommends "$one" "$one-venv" || continue
    if new_enough "$one"; then
      PYTHON="$one"
      break
    fi
  done
fi
if ! new_enough "${PYTHON:-none}"; then
  echo "The grader needs Python 3.11 or newer, with venv. Choose a newer base image, or name one in setup.sh." >&2
  exit 1
fi

"$PYTHON" -m venv "$base/venv"
"$base/venv/bin/pip" install --no-cache-dir --disable-pip-version-check -q -r "$base/source/requirements/student.lock"
"$base/venv/bin/pip" install --no-cache-dir --disable-pip-version-check -q \
  ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} -r "$base/source/requirements/torch.lock"
PYTHONPATH="$base/source/kit" "$base/venv/bin/python" -P -c 'import grader.gradescope.run, torch' # else it is seen here

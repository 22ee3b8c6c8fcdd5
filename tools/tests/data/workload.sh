# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Event lines as the module writes them, for workloads as they were seen.

seq=0

# event POLICY VERSION CLASS EXE WORDS: WORDS are the rest of the line
event() {
	seq=$((seq + 1))
	echo "seq=$seq time=1795475867.$((100000000 + seq)) verdict=would-deny class=$3 policy=$1 version=$2 rule=default ns=pid inum=4026532281 pid=$((100 + seq)) uid=0 ${6-}comm=\"${4##*/}\" exe=\"$4\" $5"
}

# run POLICY EXE PATH [interpreter]: an execution
exec_event() {
	event "$1" 1 exec "$2" "path=\"$3\" fstype=\"overlay\"" \
		"as=${4:-program} setid=no backing=file layer=${5:-lower} flags=- "
}

# map_event POLICY EXE PATH
map_event() {
	event "$1" 1 map "$2" "path=\"$3\" fstype=\"overlay\"" "backing=file layer=${4:-lower} flags=- "
}

anonymous_event() {
	event "$1" 1 map "$2" "path=- fstype=-" "backing=anonymous layer=none flags=- "
}

loader=/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
libs=/usr/lib/x86_64-linux-gnu

# nginx with a reload: a shell script starts it, it executes itself anew.
nginx_events() {
	local lib
	exec_event nginx /usr/bin/dash /docker-entrypoint.sh
	exec_event nginx /usr/bin/dash /usr/bin/dash interpreter
	exec_event nginx /usr/bin/dash $loader interpreter
	exec_event nginx /usr/bin/dash /usr/bin/find
	exec_event nginx /usr/bin/dash /usr/bin/sort
	exec_event nginx /usr/bin/dash /usr/sbin/nginx
	exec_event nginx /usr/sbin/nginx /usr/sbin/nginx
	for lib in libc.so.6 libz.so.1.2.13 libcrypto.so.3 libssl.so.3 libpcre2-8.so.0.11.2 \
		libcrypt.so.1.1.0; do
		map_event nginx /usr/sbin/nginx $libs/$lib
		map_event nginx /usr/sbin/nginx $libs/$lib
	done
	map_event nginx /usr/sbin/nginx /usr/lib/nginx/modules/ngx_http_geoip_module.so
}

# A Python web application in a virtual environment.
python_events() {
	local lib
	exec_event app /usr/bin/dash /app/venv/bin/gunicorn
	exec_event app /app/venv/bin/gunicorn /usr/bin/python3.11 interpreter
	exec_event app /usr/bin/python3.11 $loader interpreter
	for lib in numpy/core/_multiarray_umath numpy/linalg/_umath_linalg markupsafe/_speedups \
		cryptography/hazmat/_rust; do
		map_event app /usr/bin/python3.11 \
			/app/venv/lib/python3.11/site-packages/$lib.cpython-311-x86_64-linux-gnu.so
	done
	for lib in _ssl _json _ctypes _hashlib _asyncio _queue; do
		map_event app /usr/bin/python3.11 \
			/usr/lib/python3.11/lib-dynload/$lib.cpython-311-x86_64-linux-gnu.so
	done
	map_event app /usr/bin/python3.11 $libs/libc.so.6
	map_event app /usr/bin/python3.11 $libs/libexpat.so.1.8.10
	anonymous_event app /usr/bin/python3.11
}

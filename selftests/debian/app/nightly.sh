#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What cron runs: old files go, a log is packed, a report is written.
mkdir -p /tmp/logs
seq 1 1000 > /tmp/logs/log
find /tmp/logs -name '*.gz' -mtime +7 -delete
gzip -f /tmp/logs/log
python3 -c 'import gzip; print(sum(1 for line in gzip.open("/tmp/logs/log.gz")))' > /tmp/report.new
mv /tmp/report.new /tmp/report

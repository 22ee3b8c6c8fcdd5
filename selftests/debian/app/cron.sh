#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The entry point of a container for what is to be done at night.
exec cron -f

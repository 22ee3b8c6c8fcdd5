/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM bulkhead

#if !defined(BULKHEAD_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define BULKHEAD_TRACE_H

#include <linux/tracepoint.h>

#include "compat/compat.h"

/* A report, as in a line of the `events` file but for its number and time. */
TRACE_EVENT(verdict,
	TP_PROTO(const char *line),
	TP_ARGS(line),
	TP_STRUCT__entry(
		__string(line, line)
	),
	TP_fast_assign(
		bh_assign_str(line, line);
	),
	TP_printk("%s", __get_str(line))
);

#endif /* BULKHEAD_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

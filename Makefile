# SPDX-License-Identifier: GPL-2.0-only
#
#	make			build bulkhead.ko for the running kernel, or for KDIR; CERTS="FILE.pem..."
#				are certificates whose keys sign policies; UNKNOWN_KERNEL=1 tries
#				a kernel that compat.h does not know
#	make run		the demonstration, in a virtual machine
#	make check		all tests; SUITE="static pure" for some, KERNEL=6.12 for another kernel
#	make matrix		the tests on every kernel; KERNELS="5.10 6.12" for some
#	make debug		the tests on kernels that find mistakes: in memory, locks, leaks, races
#	make coverage		which lines of the module the tests reach
#	make soak		the stress tests for hours
#	make fuzz		the fuzzers; SECONDS=600 for more than a minute
#	make escapes		the ways out of a container: what happens without and with a policy
#	make bench		guest instructions for each kind of check; QUICK=1 for fewer rules
#				and bindings, PEERS=1 for those of other security modules, too
#	make tools		the command, the OCI hook, the runtime entry
#	make install		them, their units and pages, and the module if it is built; DESTDIR, PREFIX
#	make deb		Debian packages: the module for dkms, and the tools
#	make stock		build bulkhead.ko for the virtual machine's kernel, or for KERNEL
#	make clean		remove what was built
#	make help		this
#
#	Suites of check: static pure fuzz kunit selftests signed escape kernels demo debian foreign,
#	and with MATRIX=1 also stress smp transparent learn upgrade packages engines image reboot readers;
#	fault and build alone. docs/hacking.md says what each shows.
#
# run, check and bench install through apt what they need, build for Debian's
# stock kernel and boot that; they leave the running kernel alone.

KDIR ?= /lib/modules/$(shell uname -r)/build
SUITE ?=
KERNELS ?=
SECONDS ?= 60

all: modules

modules: certs
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

# The keys that the module trusts from the start, each a certificate in PEM.
certs:
	@rm -f module/certs.der
	@for cert in $(CERTS); do \
		openssl x509 -in "$$cert" -outform DER >> module/certs.der || exit; \
	done

# Without a kernel: the one that was built for may be gone, or not the one that runs.
clean:
	find . -name .git -prune -o \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' \
		-o -name '*.gcno' -o -name '.*.cmd' -o -name '.*.d' -o -name modules.order -o -name Module.symvers \) \
		-exec rm -f {} +
	$(MAKE) -C tools clean
	$(MAKE) -C selftests clean
	$(MAKE) -C kunit/userspace clean
	rm -f module/certs.der
	rm -rf build .checkpatch-camelcase.*

tools:
	$(MAKE) -C tools

# The module for the kernel that it was built for.
install: tools
	$(MAKE) -C tools install
	$(MAKE) -C packaging install
	[ ! -e bulkhead.ko ] || install -D -m 644 bulkhead.ko \
		$(DESTDIR)/lib/modules/$$(modinfo -F vermagic bulkhead.ko | cut -d' ' -f1)/updates/bulkhead.ko
	[ ! -e bulkhead.ko ] || [ "$(DESTDIR)" ] || depmod $$(modinfo -F vermagic bulkhead.ko | cut -d' ' -f1)

deb:
	@packaging/deps
	@$(MAKE) -s -C packaging deb

deps:
	@mkdir -p build
	@selftests/vm/deps

# For the virtual machine's kernel, whatever the host runs.
stock: deps
	@selftests/vm/module

run: stock
	@selftests/demo/run

check: deps
	@selftests/check $(SUITE)

matrix: deps
	@selftests/matrix $(KERNELS)

debug: deps
	@selftests/matrix debug kcsan

coverage: deps
	@selftests/coverage $(SUITE)

soak: deps
	@selftests/soak

fuzz: deps
	@fuzz/run $(SECONDS)

escapes: deps
	@selftests/check escape > build/escapes.log; status=$$?; tail -n 1 build/escapes.log; \
	selftests/escape/table build/escape.tap; exit $$status

bench: stock
	@bench/run

help:
	@sed -n '3,/^$$/s/^#[\t ]\{0,1\}//p' $(MAKEFILE_LIST)

.PHONY: all modules certs clean tools install deb deps stock run check matrix debug coverage soak fuzz escapes bench help

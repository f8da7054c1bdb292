# For packagers, and for whoever has no package: `make`, then `make install` with the usual PREFIX and DESTDIR.
# `make deb` makes a package for Debian. docs/packaging.md says what is installed, and how it is called.

PREFIX ?= /usr/local
DESTDIR ?=
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
DATADIR ?= $(PREFIX)/share
INCLUDEDIR ?= $(PREFIX)/include
# A module is loaded by its path: it does not lie among the libraries that programs are linked with.
MODULEDIR ?= $(LIBDIR)/pkcs11
# p11-kit looks for modules in one folder, whatever our prefix is; for a name without a path, too.
P11KITDIR ?= $(DATADIR)/p11-kit/modules
MODULE ?= $(MODULEDIR)/libferrotoken.so
# What zsh and fish of a distribution call these is not what they call them under /usr/local.
ZSHDIR ?= $(DATADIR)/zsh/site-functions
FISHDIR ?= $(DATADIR)/fish/vendor_completions.d
DOCDIR ?= $(DATADIR)/doc/ferrotoken

CARGO ?= cargo
CARGOFLAGS ?= --locked
INSTALL ?= install
TARGETDIR := $(or $(CARGO_TARGET_DIR),target)
RELEASE := $(TARGETDIR)/release

# The same source gives the same bytes, wherever it lies and whoever builds it: no path of this machine goes in, and the
# time is that of the last change.
export SOURCE_DATE_EPOCH ?= $(or $(shell git log -1 --format=%ct 2>/dev/null),0)
CARGO_HOME ?= $(HOME)/.cargo
REMAPPED := $(CURDIR)=/usr/src/ferrotoken $(CARGO_HOME)=/usr/src/cargo
REPRODUCIBLE := RUSTFLAGS="$(RUSTFLAGS) $(REMAPPED:%=--remap-path-prefix=%)" \
    CFLAGS="$(CFLAGS) $(REMAPPED:%=-ffile-prefix-map=%)"

.PHONY: all install uninstall deb reproducible check

all:
	$(REPRODUCIBLE) $(CARGO) build --release $(CARGOFLAGS)

check:
	$(CARGO) test $(CARGOFLAGS)

# Builds nothing: it may run as root, who needs no Rust.
install:
	@test -e $(RELEASE)/libferrotoken.so || { echo "make it first: make"; exit 1; }
	$(INSTALL) -D -m 644 $(RELEASE)/libferrotoken.so $(DESTDIR)$(MODULEDIR)/libferrotoken.so
	$(INSTALL) -D -m 755 $(RELEASE)/ferrotoken $(DESTDIR)$(BINDIR)/ferrotoken
	$(INSTALL) -D -m 644 include/pkcs11.h $(DESTDIR)$(INCLUDEDIR)/ferrotoken/pkcs11.h
	$(INSTALL) -d $(DESTDIR)$(P11KITDIR)
	sed 's|^module: .*|module: $(MODULE)|' packaging/ferrotoken.module > $(DESTDIR)$(P11KITDIR)/ferrotoken.module
	chmod 644 $(DESTDIR)$(P11KITDIR)/ferrotoken.module
	$(INSTALL) -d $(DESTDIR)$(DATADIR)/man/man1 $(DESTDIR)$(DATADIR)/bash-completion/completions \
	    $(DESTDIR)$(ZSHDIR) $(DESTDIR)$(FISHDIR)
	$(RELEASE)/ferrotoken man | gzip -9n > $(DESTDIR)$(DATADIR)/man/man1/ferrotoken.1.gz
	$(RELEASE)/ferrotoken completions bash > $(DESTDIR)$(DATADIR)/bash-completion/completions/ferrotoken
	$(RELEASE)/ferrotoken completions zsh > $(DESTDIR)$(ZSHDIR)/_ferrotoken
	$(RELEASE)/ferrotoken completions fish > $(DESTDIR)$(FISHDIR)/ferrotoken.fish
	$(INSTALL) -D -m 644 packaging/ferrotoken.toml $(DESTDIR)$(DOCDIR)/examples/ferrotoken.toml
	$(INSTALL) -D -m 644 -t $(DESTDIR)$(DOCDIR) README.md SECURITY.md LICENSE
	gzip -9n < CHANGELOG.md > $(DESTDIR)$(DOCDIR)/changelog.gz

uninstall:
	rm -f $(DESTDIR)$(MODULEDIR)/libferrotoken.so $(DESTDIR)$(BINDIR)/ferrotoken \
	    $(DESTDIR)$(INCLUDEDIR)/ferrotoken/pkcs11.h $(DESTDIR)$(P11KITDIR)/ferrotoken.module \
	    $(DESTDIR)$(DATADIR)/man/man1/ferrotoken.1.gz $(DESTDIR)$(DATADIR)/bash-completion/completions/ferrotoken \
	    $(DESTDIR)$(ZSHDIR)/_ferrotoken $(DESTDIR)$(FISHDIR)/ferrotoken.fish
	rm -rf $(DESTDIR)$(DOCDIR)

# What Debian calls the folders. The package holds what `install` installs, and nothing is listed twice.
# Where Cargo.toml's list of the package's files looks.
DEBROOT := target/debian-root
MULTIARCH = $(shell dpkg-architecture -qDEB_HOST_MULTIARCH)

deb: all
	rm -rf $(DEBROOT)
	umask 022 && $(MAKE) install DESTDIR=$(abspath $(DEBROOT)) PREFIX=/usr LIBDIR=/usr/lib/$(MULTIARCH) \
	    MODULE=libferrotoken.so ZSHDIR=/usr/share/zsh/vendor-completions
	rm $(DEBROOT)/usr/share/doc/ferrotoken/LICENSE
	$(CARGO) deb --no-build --no-strip $(CARGODEBFLAGS)

# Shows that the library is the same from another folder.
reproducible: all
	packaging/reproducible $(TARGETDIR)

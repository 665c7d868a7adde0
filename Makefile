# One word for each thing a developer does. Each target that compiles first installs what is missing (Debian, apt).
# SWIFT_FLAGS reaches every swift build and swift test; TEST_FLAGS reaches swift test alone; ARGS reaches loopcsi and
# the sanity runner.

SWIFT ?= swift
SWIFT_FLAGS ?=
TEST_FLAGS ?=
ARGS ?=

# The Swift libraries are linked in, so the program runs on a machine without Swift.
release_flags = --configuration release --static-swift-stdlib --product loopcsi
binary = .build/release/loopcsi

# The image is called so in deploy/base/kustomization.yaml too.
version = $(shell sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/DriverApp/Driver.swift)
image = localhost/loopcsi:$(version)
CONTAINER ?= $(firstword $(foreach tool,podman docker,$(if $(shell command -v $(tool)),$(tool))))

# There are no XCTest tests, and the empty run of that library leaks, which the address sanitizer would report as a failure.
test_flags = --disable-xctest $(SWIFT_FLAGS) $(TEST_FLAGS)

# As root the tests run in a mount namespace of their own: what they mount does not spread, and nobody holds it.
alone = $(if $(filter 0,$(shell id -u)),unshare --mount --propagation private --)

.PHONY: all build dist image demo test matrix bench sanity sanitize lint proto check-proto check-dist deps toolchain clean help

all: build

build: deps toolchain ## Build .build/release/loopcsi
	$(SWIFT) build $(release_flags) $(SWIFT_FLAGS)

dist: build ## Build dist/loopcsi, stripped, for Debian 12 machines without Swift
	@mkdir -p dist
	strip --output-file=dist/loopcsi $(binary)
	@stat --printf='dist/loopcsi: %s bytes\n' dist/loopcsi

image: ## Build the container image (needs podman or docker, nothing else)
	$(or $(CONTAINER),$(error there is neither podman nor docker here)) build --file deploy/image/Containerfile --tag $(image) .

demo: build ## Show the life of a volume on this machine (needs root)
	$(binary) demo $(ARGS)

test: deps toolchain ## Run every test (the kernel half needs root, or SKIP_ROOT_TESTS=1)
	$(alone) $(SWIFT) test $(test_flags)
	MATRIX=brief $(alone) $(SWIFT) test --skip-build $(test_flags) --filter MatrixTests

matrix: deps toolchain ## Try every fault with every call on every file system, and print what came of it (needs root)
	MATRIX=all $(alone) $(SWIFT) test $(test_flags) --filter MatrixTests

bench: build ## Measure the driver on this machine (needs root)
	$(binary) bench $(ARGS)

sanity: build ## Run the upstream csi-sanity suite against the real binary (needs root and the suite)
	csi-sanity/run $(ARGS)

sanitize: deps toolchain ## Run every test under the thread sanitizer, then under the address sanitizer
	TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/thread-sanitizer.txt $(alone) $(SWIFT) test --sanitize=thread --scratch-path .build/thread-sanitizer $(test_flags)
	$(alone) $(SWIFT) test --sanitize=address --scratch-path .build/address-sanitizer $(test_flags)

lint: toolchain ## Check the format of all Swift code
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests

proto: deps ## Make Sources/CCSIProto anew from proto/csi.proto
	proto/generate.sh

check-proto: deps ## Check that Sources/CCSIProto is what proto/csi.proto makes
	proto/generate.sh --check

check-dist: build ## Check that the image recipe installs what the program needs (on Debian 12)
	scripts/check-dist $(binary)

deps: ## Install the Debian packages that are missing
	@scripts/install-dependencies.sh

toolchain:
	@command -v $(SWIFT) >/dev/null || { \
		echo "There is no '$(SWIFT)' on PATH. Install Swift 6.3 from https://www.swift.org/install/" \
			"or name it: make SWIFT=/path/to/swift" >&2; exit 1; }

clean: ## Remove everything that was built
	rm -rf .build dist

help: ## Say what the targets are
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

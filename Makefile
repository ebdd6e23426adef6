# Every job of the project. `make help` lists them. Only Python 3.11 (with venv) and make need to be there.

.DEFAULT_GOAL := help
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
PYTHON := $(BIN)/python
PACKAGES := access alerts authorities certificates cloudapi console dashboard dataplane events lbadmin lbclient \
	listeners manifests renewals watchlist
SCRIPTS := .ci/run $(filter-out %.py,$(wildcard scripts/*))
# More processes than a small machine has cores: tests also wait; not many more, for each imports everything. Each takes
# the next test or module (tests/scheduling.py), in the order of tests/conftest.py: what needs an empty database
# afterwards comes last.
PYTEST := $(PYTHON) -m pytest --numprocesses=4 -m "not conformance"
# Tests that run lbadmin in their own process, and some that start it as it ships; the others reach nothing more.
MEASURED_TESTS := tests/access tests/alerts tests/authorities tests/certificates tests/cloudapi tests/console \
	tests/dashboard tests/dataplane tests/events tests/features tests/lbclient tests/listeners tests/manifests \
	tests/renewals tests/watchlist \
	tests/quickstart/test_whole_life.py tests/quickstart/test_stop.py tests/e2e/test_restart_node.py \
	tests/e2e/test_stop_node.py --ignore=tests/alerts/test_kill_sender.py
# Tests whose subject is what databases do differently: locks and races, leases, transactions, constraints, time zones,
# case, keysets over nulls, raw SQL. `make test` runs these on PostgreSQL as well, and all of POSTGRESQL_CAMPAIGN,
# the services and REST of the layers that write most, is run there by `make conformance`.
POSTGRESQL_TESTS := tests/events tests/console/test_keyset_page.py tests/dashboard/test_search.py \
	$(addprefix tests/access/test_,jobs.py limit_tokens.py repeat_request.py) \
	$(addprefix tests/certificates/test_,check_encryption_keys.py delete_certificate.py fetch_revocation_list.py \
		filter_certificates.py replace_certificate.py rotate_keys.py search_certificates.py) \
	$(addprefix tests/authorities/test_,migrate_authorities.py publish_list.py revoke_certificate.py) \
	$(addprefix tests/renewals/test_,request_certificate.py run_renewal.py) \
	$(addprefix tests/listeners/test_,clients_seen.py forwarding_rules.py list_at_size.py race_for_a_port.py tags.py \
		ticket_keys.py update_listener.py upgrade.py) \
	$(addprefix tests/alerts/test_,choose_thresholds.py follow_rules.py prune_deliveries.py scan_expiry.py send_due.py \
		tell_failures.py) \
	tests/cloudapi/test_two_at_once.py tests/manifests/test_apply.py tests/watchlist/test_check_address.py
# (Killed senders bring an installation of their own.)
POSTGRESQL_CAMPAIGN := tests/events tests/certificates tests/authorities tests/renewals \
	tests/listeners tests/alerts tests/access tests/manifests tests/watchlist \
	--ignore=tests/alerts/test_kill_sender.py --ignore-glob='tests/*/*_page*.py'

# An environment that forbids Python to keep compiled modules would have every process of the tests compile them anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help
help: ## List every job
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 22

.PHONY: run
run: ## Run lbadmin on this machine (settings: docs/settings.md)
	@scripts/install $(VENV) requirements.lock
	@exec $(PYTHON) -m lbadmin.quickstart

.PHONY: test
test: ## Check and test everything
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target dev provision
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint layers docs checks migrations
# Types are checked by one process, for a minute: beside it there is room for tests.
	@$(MAKE) --no-print-directory --jobs=2 typecheck pytest

.PHONY: dev
dev: ## Install what development needs into .venv
	@scripts/install $(VENV) requirements-dev.lock

.PHONY: provision
provision: ## Install the servers and tools that the tests use (as root), or name those that are missing
	@scripts/provision

.PHONY: lint
lint: dev ## Check format and style of code, templates and scripts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/djlint --lint --quiet templates
	shellcheck $(SCRIPTS)

.PHONY: format
format: dev ## Put code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: typecheck
typecheck: dev ## Check types
	$(BIN)/mypy .

.PHONY: layers
layers: dev ## Check that each layer imports only what is below it
	$(BIN)/lint-imports

.PHONY: docs
docs: dev ## Check that every link within the documents leads somewhere
	$(PYTHON) scripts/check_links.py README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md docs/*.md

.PHONY: checks
checks: dev ## Run Django's checks as for production
	@scripts/production_checks $(PYTHON)

.PHONY: migrations
migrations: dev ## Check that the migrations say what the models say
	@scripts/with_data_dir $(PYTHON) manage.py makemigrations --check --dry-run

.PHONY: pytest
pytest: dev ## Run the tests, then those that concern PostgreSQL on PostgreSQL
	$(PYTEST)
	$(PYTHON) -m tests.postgresql $(PYTEST) -q $(POSTGRESQL_TESTS)

.PHONY: coverage
coverage: dev provision ## Measure which lines and branches the tests reach, and demand 90 %
	$(PYTEST) -q --cov --cov-report=term:skip-covered $(MEASURED_TESTS)

.PHONY: conformance
conformance: dev provision ## Run the long campaigns: hostile input, kills, scanners, REST against its description, PostgreSQL
	@scripts/provision testssl=testssl.sh
	@$(MAKE) --no-print-directory coverage
	$(PYTHON) -m tests.postgresql $(PYTEST) -q $(POSTGRESQL_CAMPAIGN)
	$(PYTHON) -m pytest --hypothesis-profile=campaign -m "conformance or hypothesis"

.PHONY: bench
bench: dev ## Measure beside nginx, HAProxy, hitch and stunnel (docs/performance.md)
	@scripts/provision nginx=nginx-light /usr/lib/nginx/modules/ngx_stream_module.so=libnginx-mod-stream \
		haproxy=haproxy hitch=hitch stunnel4=stunnel4 wrk=wrk h2load=nghttp2-client
	$(PYTHON) -m benchmarks

.PHONY: messages
messages: dev ## Collect the texts to translate, and compile the translations
	$(PYTHON) manage.py makemessages --all --no-obsolete --ignore=$(VENV) --ignore=tests --ignore=var
	$(PYTHON) manage.py compilemessages --ignore=$(VENV)

.PHONY: lock
lock: dev ## Write the lock files anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --only-binary :all: --generate-hashes --no-emit-index-url --no-header --no-annotate -q --upgrade \
		--python-version 3.11 -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --only-binary :all: --generate-hashes --no-emit-index-url --no-header --no-annotate -q --upgrade \
		--python-version 3.11 --group dev -c requirements.lock -o requirements-dev.lock
	echo uv | $(BIN)/uv pip compile - --generate-hashes --no-emit-index-url --no-header --no-annotate -q --upgrade \
		--python-version 3.11 -o requirements-uv.lock

.PHONY: clean
clean: ## Remove what was made, but neither .venv nor the data in var
	rm -rf .coverage .coverage.* htmlcov .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find $(PACKAGES) tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

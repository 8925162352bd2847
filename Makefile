# make run    starts a whole Virtual Research Environment on this machine (PORT_BASE=8000)
# make test   starts another one beside it and tests against it
# make check  format, lint, types, import contracts, templates, deployment settings, migrations
# make status says what runs; make stop stops it, from another terminal
# make clean  deletes the data of make run; the installed environments stay (make distclean deletes them, too)

.PHONY: run status stop test check clean distclean lock format

run:
	@sh devstack/bootstrap run

status:
	@sh devstack/bootstrap status

stop:
	@sh devstack/bootstrap stop

test:
	@sh devstack/bootstrap test $(ARGS)

check:
	@sh devstack/bootstrap check

clean:
	@sh devstack/bootstrap clean

distclean: clean
	rm -rf .run

format:
	@sh devstack/bootstrap format

lock:
	@sh devstack/bootstrap lock

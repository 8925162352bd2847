# make run    starts a whole Virtual Research Environment on this machine (PORT_BASE=8000)
# make test   starts others beside it and tests against them: the shares of the tests run beside each other, as many as there are cores for
# make test-rare   runs the long tests that hardly ever fail; ARGS=--changed those whose files have changed since they last passed
# make mutations   breaks important code in a scratch copy, one change at a time, and says which test notices; ARGS="embargo" for some
# make ci     all that a change has to pass: check, test, and the rare tests whose files have changed
# make durations   writes down what each test file took in the last make test, by which the shares are made equally long
# make check  format, lint, types, import contracts, templates, deployment settings, migrations
# make pictures   takes pictures of pages of the running stack for the README and docs/
# make wheel  builds the Python package of client/, in .run/wheels/
# make messages collects the words of the pages for translators, in locale/
# make status says what runs; make stop stops it, from another terminal
# make clean  deletes the data of make run; the installed environments stay (make distclean deletes them, too)

.PHONY: run status stop test test-rare mutations ci durations check clean distclean lock format pictures messages wheel

run:
	@sh devstack/bootstrap run

status:
	@sh devstack/bootstrap status

stop:
	@sh devstack/bootstrap stop

test:
	@sh devstack/bootstrap test $(ARGS)

test-rare:
	@sh devstack/bootstrap test-rare $(ARGS)

mutations:
	@sh devstack/bootstrap mutations $(ARGS)

ci:
	@sh devstack/bootstrap ci

durations:
	@sh devstack/bootstrap durations

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

pictures:
	@sh devstack/bootstrap pictures

wheel:
	@sh devstack/bootstrap wheel

messages:
	@sh devstack/bootstrap messages

"""Tests that are jobs of their own: two at a time, each told as a line of TAP.

A job is (what, function, arguments); the function returns the problems that it found, sentences, and the
CompletedProcess that shows them.
"""

import concurrent.futures


def run_jobs(jobs, only=()):
    """The exit status.  `only`: the jobs whose names hold one of these, with all that they said."""
    jobs = [job for job in jobs if not only or any(name in job[0] for name in only)]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda job: job[1](*job[2]), jobs)
        for number, (job, (problems, done)) in enumerate(zip(jobs, results), 1):
            print("%sok %d - %s" % ("not " if problems else "", number, job[0]))
            for problem in problems:
                print("# " + problem)
            if problems or only:
                for line in done.stdout.splitlines():
                    print("#   " + line)
            failed += bool(problems)
    print("1..%d" % len(jobs))
    return 1 if failed else 0

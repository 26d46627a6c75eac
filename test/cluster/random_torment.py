"""The faults of test/cluster/random_faults: each begins, and is over again when its time has come."""

import signal

from faults import Answer, Close, Cut, Delay, Drip, HalfOpen, Rule

PARTS = ("mortal agent", "lasting agent", "controllers")


class Torment:
    """What may be done to a world (random_faults.World). Every fault returns what ends it."""

    def __init__(self, world, random):
        self.world, self.random = world, random
        self.kinds = (self.proxy_rules,) * 6 + (self.kill_agent,) * 3 + (self.end_agent, self.kill_controller, self.stop_process,
                                                                         self.stop_process, self.kill_server, self.stop_server,
                                                                         self.partition, self.partition, self.stop_etcd)

    def begin(self):
        """(name, seconds, what ends it)."""
        kind = self.random.choice(self.kinds)
        seconds = self.random.choice((1, 2, 4, 8, 15, 25))
        return kind.__name__.replace("_", " "), seconds, kind()

    def proxy_rules(self):
        """Some requests of one of the three go wrong, in one way or another."""
        random, proxy = self.random, self.world.proxies[self.random.choice(PARTS)]
        actions = (Cut(), Cut(random.randrange(1, 400)), HalfOpen(), HalfOpen(random.randrange(200)), Close(), Delay(random.uniform(0.1, 5)),
                   Drip(random.randrange(1, 200), 0.01), Answer(401), Answer(409), Answer(410),
                   Answer(429, retry_after=random.randrange(1, 5)), Answer(500), Answer(503), Answer(504))
        rules = []
        for _ in range(random.randrange(1, 4)):
            action = random.choice(actions)
            times, skip = random.randrange(1, 8), random.randrange(0, 4)
            if random.random() < 0.4:
                # 409 is no word of a stream's.
                action = Answer(410) if isinstance(action, Answer) and action.code in (401, 409) else action
                rules.append(Rule(action, method="WATCH", line='"type"', times=min(times, 3), skip=skip))
            else:
                method = random.choice(("GET", "PATCH", "PATCH", "POST", "WATCH", "PUT", ".*"))
                if isinstance(action, Answer) and action.code == 410 and method not in ("GET", "WATCH"):
                    action = Answer(409)
                if isinstance(action, Answer) and action.code == 409 and method in ("GET", "WATCH", ".*"):
                    action = Answer(500)
                forward = isinstance(action, (Answer, Close)) and random.random() < 0.3
                rules.append(Rule(action, method=method, times=times, skip=skip, forward=forward))
        proxy.add(*rules)
        return proxy.clear

    def partition(self):
        """One of the three reaches the API server no more, and what it hears ends."""
        proxy = self.world.proxies[self.random.choice(PARTS)]
        action = self.random.choice((Close(), HalfOpen()))
        proxy.add(Rule(action, method="CONNECT", times=None), Rule(action, times=None), Rule(Cut(0), method="WATCH", line='"', times=None))
        return proxy.clear

    def kill_agent(self):
        self.world.end_agent(signal.SIGKILL)
        return self.world.start_agent

    def end_agent(self):
        self.world.end_agent(signal.SIGTERM)
        return self.world.start_agent

    def kill_controller(self):
        self.world.kill_controller()
        return self.world.start_controller

    def _stopped(self, process):
        process.send_signal(signal.SIGSTOP)
        return lambda: process.poll() is None and process.send_signal(signal.SIGCONT)

    def stop_process(self):
        world = self.world
        return self._stopped(self.random.choice((world.mortal, world.lasting, world.controllers[0], world.controllers[1])).process)

    def kill_server(self):
        self.world.note_server_fault()
        self.world.plane.end("kube-apiserver")
        return self.world.restart_server

    def stop_server(self):
        self.world.note_server_fault()
        server = self.world.plane.processes.get("kube-apiserver")
        return self._stopped(server) if server else lambda: None

    def stop_etcd(self):
        self.world.note_server_fault()
        return self._stopped(self.world.plane.processes["etcd"])


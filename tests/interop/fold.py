"""The fold of the log, section 6.3 of docs/PROTOCOL.md; numbers in comments are those of its rules.

Left out: the caps, which no set of entries decides alone.
"""
(GENESIS, FOUNDING, GRANT, REVOKE, KICK, BAN, UNBAN, MUTE, UNMUTE, ADMIT, DENY, INVITE, INVITE_REVOKE, POLICY, TRANSFER,
 ACCEPT, RECLAIM, YIELD, ROTATE, CLOSE, PIN, UNPIN) = range(22)
MEMBER, ADMIN, OWNER = 0, 1, 2
LOCK, KNOCK = 4, 5                      # places in a policy
OF_OWNERS = (0, 9, 10)                  # max, expires_ms, persist


class Entry:
    def __init__(self, id_, statement):
        self.id = id_
        _, self.genesis, self.author, self.seq, self.at_ms, self.parents, self.kind, self.body = statement
        self.statement = statement
        self.target = self.body[0] if self.kind in (GRANT, REVOKE, KICK, BAN, UNBAN, MUTE, UNMUTE, ADMIT, DENY, TRANSFER) else None
        self.begins, self.removes = self.kind in (GENESIS, FOUNDING), self.kind in (KICK, BAN)
        self.past, self.depth = frozenset(), 0
        # what rule 3 keeps for good
        self.office, self.rank, self.over, self.level, self.ousts, self.key = {}, MEMBER, set(), set(), set(), None

    def beside(self, other):
        return self.id != other.id and self.id not in other.past and other.id not in self.past


class Founding:
    def __init__(self, e):
        self.founder = self.owner = e.author
        self.admins, self.offers, self.yielded = set(), {}, None
        self.reclaim = e.body[1 if e.kind == GENESIS else 0]

    def rank(self, who):
        return OWNER if who == self.owner else ADMIN if who in self.admins else MEMBER

    def change_owner(self, who):
        self.owner = who
        self.admins.discard(who)
        self.offers.clear()


class Fold:
    """The state of a set of entries that holds the past of each."""

    def __init__(self, entries):
        self.entries = sorted(entries, key=lambda e: (e.depth, -e.rank, e.id))
        self.by_id = {e.id: e for e in self.entries}
        self.foundings, self.removals, self.counted = {}, {}, {}
        self.side_by_side()
        for e in self.entries:
            self.turn(e)

    # ---- side by side

    def side_by_side(self):
        removals = [e for e in self.entries if e.removes]
        keys, self.wins = {}, {}
        for e in self.entries:                                                     # 5
            if e.begins:
                keys[e.id] = Founding(e).reclaim
            if e.kind == RECLAIM:
                self.wins[e.id] = {f for f in keys if keys[f] == e.key}
                keys.update((f, e.body[0]) for f in self.wins[e.id])
        every = set()
        for r in removals:                                                         # 6
            for f in r.over | r.level:
                if f not in r.over and not any(o.beside(r) and o.author == r.target and o.target == r.author and f in o.level
                                               for o in removals):
                    continue
                if any(o.beside(r) and (o.author == r.target and f in self.wins.get(o.id, ())
                                        or o.kind == TRANSFER and o.author == r.author and (f, r.author) in o.ousts)
                       for o in self.entries):
                    continue
                every.add((r, f))
        claims = every
        for _ in range(2):                                                         # 9
            claims = self.allowed(every, self.ends(claims)[1])
        self.stands = {r.id: {f for c, f in claims if c is r} for r in removals}
        self.removed, self.ended = self.ends(claims)

    def ends(self, claims):                                                        # 7
        removed, handed, revoked = {}, {}, {}
        for r, f in claims:
            removed.setdefault((r.target, f), []).append(r)
        for e in self.entries:
            for f, old in e.ousts:
                by = e.target if e.kind == TRANSFER else e.author
                if f in self.wins[e.id] if e.kind == RECLAIM else not hit(removed, by, f, e):
                    handed.setdefault((old, f), []).append(e)
        for e in self.entries:
            if e.kind == REVOKE:
                for f, rank in e.office.items():
                    if rank == OWNER and not hit(handed, e.author, f, e):
                        revoked.setdefault((e.target, f), []).append(e)
        ended = {}
        for part in (removed, handed, revoked):
            for k, v in part.items():
                ended.setdefault(k, []).extend(v)
        return removed, ended

    @staticmethod
    def allowed(claims, ended):                                                    # 8
        kept, limited = set(), {}
        for r, f in claims:
            if hit(ended, r.author, f, r):
                limited.setdefault((r.author, f), []).append(r)
            else:
                kept.add((r, f))
        for (_, f), rs in limited.items():
            kept.update((r, f) for r in sorted(rs, key=lambda r: (r.seq, r.id))[:8])
        return kept

    # ---- the state

    def resolve(self, f):
        while self.foundings[f].yielded is not None:
            f = self.foundings[f].yielded
        return f

    def path(self, f):
        return {f} | (set() if (to := self.foundings[f].yielded) is None else self.path(to))

    def home(self, under):
        """Of a node that came in under the foundings that begin with these bytes."""
        return {g for f in self.foundings if f[:8] in under for g in self.path(f)} or set(self.foundings)

    def held_back(self, who, f):
        return any(target == who and f in under for target, under in self.removals.values())

    def office(self, who, f):
        """The rank of who holds office under f, else member."""
        F = self.foundings[f]
        return MEMBER if F.yielded is not None or self.held_back(who, f) else F.rank(who)

    def outranks(self, a, b, f):
        return self.office(a, f) > self.foundings[f].rank(b)

    def is_over(self, r, e):
        r = self.by_id[r]
        return r.kind == BAN and 0 < r.body[3] <= e.at_ms

    def welcome(self, who, f, e):
        held_back = any(target == who and f in under and not self.is_over(r, e) for r, (target, under) in self.removals.items())
        return not held_back and not hit(self.removed, who, f, e)

    def welcomed(self, who, fs, e):
        """Those of fs under which somebody is welcome; bans that were over by then are over for good there."""
        fs = [f for f in fs if self.welcome(who, f, e)]
        for r, (target, under) in list(self.removals.items()):
            if target == who and self.is_over(r, e):
                under -= set(fs)
                if not under:
                    del self.removals[r]
        return fs

    def lift(self, who, e, under):                                                 # 12
        for r, (target, fs) in list(self.removals.items()):
            if target == who and r in e.past:
                fs -= {g for g in fs if g in under or self.resolve(g) in under}
                if not fs:
                    del self.removals[r]

    # ---- in turn

    def turn(self, e):
        fs = self.foundings
        counts = {f for f in e.office if self.office(e.author, f) and not hit(self.ended, e.author, f, e)}
        as_owner = {f for f in counts if e.office[f] == OWNER and fs[f].owner == e.author}
        self.counted[e.id] = counts, as_owner
        if e.begins:                                                               # 10
            fs[e.id] = Founding(e)
        elif e.kind == GRANT:
            for f in self.welcomed(e.target, as_owner, e):
                if e.target != fs[f].owner:
                    fs[f].admins.add(e.target)
        elif e.kind == REVOKE:
            for f in as_owner:
                fs[f].admins.discard(e.target)
        elif e.removes:                                                            # 11
            under = self.stands[e.id]
            for f in under:
                fs[f].admins.discard(e.target)
                fs[f].offers = {o: who for o, who in fs[f].offers.items() if who != e.target}
            if under:
                self.removals[e.id] = e.target, set(under)
        elif e.kind in (UNBAN, ADMIT):
            self.lift(e.target, e, counts)
        elif e.kind == TRANSFER:                                                   # 13
            for f in self.welcomed(e.target, as_owner, e):
                if e.body[1]:
                    fs[f].change_owner(e.target)
                else:
                    fs[f].offers[e.id] = e.target
        elif e.kind == ACCEPT:
            for f, F in fs.items():
                if F.offers.get(e.body[0]) == e.author and not hit(self.ended, e.author, f, e):
                    old = F.owner
                    F.change_owner(e.author)
                    F.admins.add(old)
        elif e.kind == RECLAIM:                                                    # 14
            under = {f for f, F in fs.items() if F.reclaim == e.key}
            for f in under:
                fs[f].change_owner(e.author)                  # also where the author owns f already: offers are gone
                fs[f].reclaim = e.body[0]
            self.lift(e.author, e, under)
        elif e.kind == YIELD and e.body[0] in fs:                                  # 15
            for f in sorted(as_owner):
                if self.resolve(e.body[0]) != f:
                    fs[f].yielded = e.body[0]

    # ---- taking in

    def judge(self, e, seqs):
        """2 and 3: this is the fold of the past of e; whether e is let in, and then what is kept of it."""
        fs, a = self.foundings, e.author
        if e.begins:
            return True
        if e.seq != 1 + max(seqs, default=0):
            return False
        e.office = {f: r for f in fs if (r := self.office(a, f))}
        e.rank = max(e.office.values(), default=MEMBER)
        if e.kind == MUTE or e.removes:
            e.over = {f for f in fs if self.outranks(a, e.target, f)}
            e.level = {f for f, r in e.office.items() if r == fs[f].rank(e.target) and a != e.target}
            return bool(e.over or e.removes and e.level)
        if e.kind in (GRANT, REVOKE, YIELD, CLOSE, TRANSFER):
            if e.kind == TRANSFER and e.body[1]:
                e.ousts = {(f, fs[f].owner) for f, r in e.office.items() if r == OWNER}
            return e.rank == OWNER and not (e.kind == TRANSFER and e.target == a)
        if e.kind == ACCEPT:
            e.ousts = {(f, F.owner) for f, F in fs.items() if F.offers.get(e.body[0]) == a}
            return bool(e.ousts)
        if e.kind == RECLAIM:
            for f in sorted(fs):
                if fs[f].reclaim != e.body[0] and self.token_signed(e.statement, fs[f].reclaim):
                    e.key = fs[f].reclaim
                    e.ousts = {(g, G.owner) for g, G in fs.items() if G.reclaim == e.key and G.owner != a}
                    return True
            return False
        return e.rank > MEMBER


def hit(table, who, f, e):
    """Whether something of (who, f) is beside e."""
    return any(x.beside(e) for x in table.get((who, f), ()))


class Log:
    def __init__(self, room_kind, genesis, token_signed):
        self.room_kind, self.genesis = room_kind, genesis
        self.kept, self.refused, self.waiting = {}, set(), {}
        Fold.token_signed = staticmethod(token_signed)

    def offer(self, id_, statement):
        """A well-formed, signed entry, in any order."""
        e = Entry(id_, statement)
        if e.kind == GENESIS:
            ours = self.room_kind == 2 and id_[:16] == self.genesis
        else:
            ours = e.genesis == self.genesis and not (e.kind == FOUNDING and self.room_kind == 2)
        if not ours or id_ in self.kept or id_ in self.refused:
            return
        self.waiting[id_] = e
        moved = True
        while moved:
            moved = False
            for w in list(self.waiting.values()):
                if any(p in self.refused for p in w.parents):                      # 1
                    self.refused.add(w.id)
                elif all(p in self.kept for p in w.parents):
                    (self.kept.__setitem__(w.id, w) if self.take(w) else self.refused.add(w.id))
                else:
                    continue
                del self.waiting[w.id]
                moved = True

    def take(self, e):
        parents = [self.kept[p] for p in e.parents]
        e.past = frozenset(e.parents).union(*(p.past for p in parents))
        e.depth = 1 + max((p.depth for p in parents), default=-1)
        past = [self.kept[p] for p in e.past]
        return Fold(past).judge(e, [p.seq for p in past if p.author == e.author])

    def show(self, view=None):
        """Everything the log says; with a view (foundings come in under, room time, people asked about) what is seen there."""
        s = Fold(self.kept.values())
        home = s.home(view["under"] if view else ())
        out = {"kept": hexes(self.kept), "heads": hexes(set(self.kept) - {p for e in s.entries for p in e.parents}),
               "equivocators": hexes(self.equivocators()), **rights(s, self.kept), **settings(s, home)}
        if view:
            out |= seen(s, home, out["muted"], view)
        return out

    def equivocators(self):
        numbers, twice = set(), set()
        for e in self.kept.values():
            if not e.begins:
                (twice if (e.author, e.seq) in numbers else numbers).add((e.author, e.seq))
        return {author for author, _ in twice}


# ---------------------------------------------------------------- what is shown

def hexes(ids):
    return [i.hex() for i in sorted(ids)]


def rights(s, kept):
    """The half that everybody sees alike."""
    return {
        "foundings": [{"founding": f.hex(), "founder": F.founder.hex(), "owner": F.owner.hex(), "admins": hexes(F.admins),
                       "reclaim": F.reclaim.hex(), "yielded_to": F.yielded and F.yielded.hex()}
                      for f, F in sorted(s.foundings.items())],
        "removals": [{"entry": r.hex(), "target": target.hex(), "by": kept[r].author.hex(), "ban": kept[r].kind == BAN,
                      "foundings": hexes(under)} for r, (target, under) in sorted(s.removals.items())],
    }


def settings(s, home):
    """The half that depends on home: 16 and 17."""
    policy, admitted, denied, muted, voiced = [None] * 13, set(), set(), {}, set()
    invites, rotations, closed, pins = {}, [], None, {}
    for e in s.entries:
        counts, as_owner = (fs & home for fs in s.counted[e.id])
        if e.begins and e.id in home or e.kind == POLICY and counts:
            new = e.body[0 if e.kind == POLICY else 1 if e.kind == FOUNDING else 2]
            mine = e.begins or as_owner
            policy = [old if n is None or i in OF_OWNERS and not mine else n for i, (old, n) in enumerate(zip(policy, new))]
        elif e.removes and s.stands[e.id] & home:
            admitted.discard(e.target)
            if e.kind == BAN and e.body[4]:
                policy[LOCK if e.body[4] == 1 else KNOCK] = True
        elif not counts:
            continue
        elif e.kind == DENY:
            denied.add(e.target)
            admitted.discard(e.target)
        elif e.kind == ADMIT:
            admitted.add(e.target)
            denied.discard(e.target)
        elif e.kind == UNBAN:
            denied.discard(e.target)
        elif e.kind == UNMUTE:
            muted.pop(e.target, None)
            voiced.add(e.target)
        elif e.kind == ROTATE:
            rotations.append(e.id)
        elif e.kind == MUTE and counts & e.over:
            muted[e.target] = e.body[1]
            voiced.discard(e.target)
        elif e.kind == INVITE:
            invites.setdefault(e.body[0], [e.body[0].hex(), e.body[2], False])
        elif e.kind == INVITE_REVOKE and e.body[0] in invites:
            invites[e.body[0]][2] = True
        elif e.kind == CLOSE and as_owner and closed is None:
            closed = e.id.hex()
        elif e.kind in (PIN, UNPIN):
            pins[e.body[0]] = e.body[1:]
    return {"muted": [[who.hex(), until] for who, until in sorted(muted.items())], "voiced": hexes(voiced),
            "admitted": hexes(admitted), "denied": hexes(denied), "invites": [invites[i] for i in sorted(invites)], "policy": policy,
            "rotations": hexes(rotations), "closed_by": closed,
            "pins": [[m.hex(), of[0].hex(), of[1]] for m, of in sorted(pins.items()) if of],
            "unpinned": hexes(m for m, of in pins.items() if not of)}


def seen(s, home, muted, view):
    """What is asked about some people at a room time, and the salts that are taken."""
    now, until = view["now"], dict(muted)
    entries = {e.id: e for e in s.entries}

    def over(r):
        end = entries[r].body[3] if entries[r].kind == BAN else 0
        return end != 0 and now >= end

    def removed(who, under):
        reach = {g for f in s.foundings if f[:8] in under for g in s.path(f)} or home
        return any(target == who and fs & reach and not over(r) for r, (target, fs) in s.removals.items())

    people = view["about"]
    return {
        "ranks": [max((s.office(who, f) for f in home), default=MEMBER) for who, _ in people],
        "silent": [now < until.get(who.hex(), 0) for who, _ in people],
        "removed": [removed(who, under) for who, under in people],
        "salt_hashes": hexes({e.body[5] for e in s.entries if e.kind == BAN and (e.over | e.level) & home}),
    }

"""Which domains and mailboxes there are, and which of them are nobody's in particular."""

from __future__ import annotations

import re
from typing import Final

_COUNTRIES: Final = (
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs "
    "bt bv bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec "
    "ee eg er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy "
    "hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz "
    "la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx "
    "my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re "
    "ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th "
    "tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw"
)
_OTHERS: Final = (
    "com org net edu gov mil int info biz name pro aero coop museum jobs mobi travel tel cat asia "
    "post app dev cloud online site tech store shop xyz club email mail live life world agency "
    "studio digital group team company solutions services systems software network media news "
    "blog page link art design health care clinic dental law legal finance bank capital ventures "
    "holdings consulting engineering energy earth eco green farm garden house homes estate "
    "properties rent school academy education training university institute science space "
    "foundation ngo charity church community social chat zone today top vip icu bio berlin hamburg "
    "koeln cologne bayern nrw saarland wien tirol swiss paris bzh alsace london scot wales cymru "
    "irish amsterdam brussels gent vlaanderen barcelona madrid gal eus quebec nyc boston miami "
    "vegas tokyo osaka kyoto sydney melbourne africa lat gmbh ltd llc inc srl sarl kiwi ist "
    "istanbul moscow photo photography photos pictures gallery film video music band tax "
    "accountants cafe coffee restaurant bar pub pizza wine beer hotel hotels tours vacations fit "
    "fitness yoga run sport football games bet fun rocks ninja guru expert plus one global "
    "international works work center directory support help express delivery build builders "
    "construction tools parts cars auto bike taxi love dating family kids baby wedding fashion "
    "boutique shoes jewelry hosting domains codes computer technology ing ooo wtf lol onl "
    "immobilien haus versicherung reise kaufen jetzt maison immo moda viajes casa google bmw sky"
)
TOP_LEVEL: Final = frozenset(f"{_COUNTRIES} {_OTHERS}".split())
"""Ends of domains at which people have mail."""

_RESERVED: Final = re.compile(
    r"""(?xi) (?: ^ | \. ) (?:
          example \. (?: com | org | net | edu | io | co | de | fr | co\.uk )
        | (?: test | example | invalid | localhost | localdomain | local | internal | lan | home
            | intranet | corp | onion | arpa )
        | noreply \. github \. com | noreply \. gitlab \. com | localhost\.com
        | (?: your | my )? -? (?: domain | company | email | mail | org | site | host ) \. com
        | (?: foo | bar | baz | foobar | test | domain | placeholder ) \. (?: com | org | net )
      ) $"""
)
_FUNCTION_NAMES: Final = (
    "noreply no-reply no_reply no.reply donotreply do-not-reply do_not_reply donot-reply "
    "bounce bounces mailer-daemon postmaster hostmaster webmaster listmaster sitemaster root "
    "admin admins administrator support help helpdesk service services customerservice "
    "customer-service customercare customer-care customersupport info contact kontakt "
    "contacto contatto hello office mail email enquiries inquiries feedback sales marketing "
    "press media billing invoice invoices account accounts accounting payment payments order "
    "orders job jobs career careers hr recruiting legal privacy gdpr dpo compliance abuse "
    "security cert psirt noc ops devops sre oncall on-call alert alerts monitoring "
    "notification notifications notify news newsletter update updates team dev devel "
    "developer developers bot bots robot ci cd build builds builder jenkins github gitlab git "
    "action actions www www-data nobody daemon system cron backup deploy deployer deployment "
    "registry maintainer maintainers package packages bug bugs issue issues list lists "
    "subscribe unsubscribe majordomo announce user users username you yourname your-name "
    "your.name your_name youremail your-email your.email me someone somebody anyone name foo "
    "bar baz test tester testing tests example dummy sample fake first.last "
    "firstname.lastname mailing-list discuss community conduct code-of-conduct coc opensource "
    "open-source oss "
)
_FUNCTIONS: Final = frozenset(_FUNCTION_NAMES.split())
_PATTERNS: Final = re.compile(
    r"(?:do[._-]?)?no[t]?[._-]?reply.*|.*[._-]no-?reply|bounces?[=_-].*|user\d+|test\d+|bug-.+"
    r"|.+-(?:bot|list|devel|dev|users|request|announce|team|commits|discuss|bugs|maintainers?)|.*\[bot\]"
)


def is_reserved(domain: str) -> bool:
    """Whether a domain is kept for examples and tests, or ends at one's own network."""
    return _RESERVED.search(domain) is not None


def is_service(local: str) -> bool:
    """Whether the part before the `@` names a function or nobody, not a person."""
    name = local.lower().partition("+")[0]
    return name in _FUNCTIONS or _PATTERNS.fullmatch(name) is not None

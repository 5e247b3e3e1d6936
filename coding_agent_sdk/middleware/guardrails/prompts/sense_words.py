"""The words by sense, in English. A `!` marks deeds: they count as demanded, not as told of."""

from __future__ import annotations

from typing import Final

__all__ = ["PHRASES", "WORDS"]

WORDS: Final[dict[str, str]] = {
    "-ing": "",
    "-ed": "",
    # Whom a text speaks to.
    "ai": "ai ais llm llms chatgpt claude copilot gemini gpt codex chatbot chatbots copilots genai",
    "agent": "assistant assistants agent agents bot bots model models crawler"
    " crawlers",
    "aide": "translator translators shopper shoppers reader readers reviewer reviewers system"
    " systems tool tools generator generators"
    " debugger summariser summarizer grader completer parser scraper scrapers engine engines"
    " client clients service services classifier scanner notetaker taker",
    "kind": "shopping evaluation automated automatic autonomous virtual coding language"
    " intelligent smart artificial"
    " generative digital machine summary completion screening",
    "every": "any all every each whichever whatever whoever whomever future dear esteemed",
    "anyone": "anyone anything whoever whatever whichever whomever",
    "reads": "indexes crawls visits listening hearing accessing listens accesses reading"
    " processing parsing scanning"
    " viewing summarising summarizing analysing"
    " analyzing crawling indexing ingesting handling translating grading evaluating installing"
    " modifying editing visiting consuming reviewing completing reads parses processes views sees"
    " summarises summarizes analyses analyzes modifies ingests edits handles grades evaluates"
    " translates upgrading working using",
    "greets": "dear hey hi hello attention psst note notice memo message hint workaround reminder"
    " instructions instruction directive tip kindly info calling congratulations greetings ask"
    " everyone important urgent warning",
    "must": "prefers prefer wish wishes likes must should shall need needs have has are is will"
    " required obliged instructed asked"
    " expected told supposed agree agrees consent consents permitted allowed authorised authorized"
    " promised pledged please want wants requires require may can remember ought ordered",
    "you": "you your yours yourself",
    "yours": "operator developer principal guidelines guideline instructions instruction prompt"
    " task tasks policy policies configuration reply answer response output summary context memory"
    " session guardrails restrictions training mission objective goal assignment role safety"
    " creator supervisor creators orders constraints limits deployer vendor",
    "user": "user users human humans customer developer reviewer owner person anyone anybody"
    " nobody maintainer employer operator client everyone him her them",
    "user alone": "user human",
    # Words around a deed.
    "lead": "please kindly must should shall now and then first also just will can may or"
    " immediately silently quietly secretly simply instead need you always do covertly discreetly"
    " afterwards next finally directly promptly only not urgently quickly once but ok okay",
    "not": "not isn't aren't wasn't don't never without no nothing cannot can't mustn't"
    " shouldn't avoid refrain nor"
    " neither won't dont shan't needn't",
    "told": "how used able fails fail allows allow try tries ways way attempts attempt easy"
    " possible"
    " used helps help trying going",
    # Deeds.
    "send!": "dm slack fax resend enter fill type drip resend send upload post forward email"
    " mail transmit submit"
    " push share exfiltrate leak"
    " deliver"
    " hand attach publish paste put drop place append include embed copy export sync pass relay"
    " report dispatch deposit ship message text stream echo pipe write add insert encode commit"
    " move return give supply provide reply",
    "show!": "leak print show reveal display output disclose list dump echo repeat tell expose"
    " recite"
    " disclose quote divulge spell hand give share describe state return type reproduce read write"
    " include say put",
    "take!": "read open cat find collect gather fetch get harvest grab extract locate search export"
    " steal obtain look decrypt",
    "advertise!": "finish end begin close recommend suggest advertise promote praise endorse"
    " prefer",
    "run!": "run execute install curl wget download pull invoke call fetch launch start exec eval"
    " import load bump upgrade clone spawn use add depend",
    "visit!": "visit open go browse navigate click load connect render follow request ping get"
    " fetch"
    " query contact display embed",
    "destroy!": "delete remove wipe erase drop destroy purge overwrite truncate rm nuke clear empty"
    " reset uninstall shred format kill",
    "weaken!": "disable bypass deactivate remove suppress skip weaken suspend circumvent drop stop"
    " omit ignore waive loosen relax kill delete permit lower silence mute lift",
    "grant!": "grant give add create make promote allow permit append insert assign invite put"
    " register write authorise authorize elevate replace",
    "approve!": "approve merge accept close vote submit lgtm pass sign resolve mark",
    "praise!": "include recommend rate rank award praise promote say claim output conclude"
    " report describe"
    " grade advertise mention state call declare suggest score tell prefer endorse finish mark"
    " reply respond answer write list treat consider label give put assert assess summarise"
    " summarize classify set",
    "pay!": "correct fix adjust amend update transfer wire pay buy book deposit donate multiply"
    " purchase order send refund move"
    " replace change enter withdraw",
    "change!": "rotate change set replace point switch edit modify write append update redirect"
    " configure"
    " override insert rewrite swap route alter use",
    # What a deed is done to, or with.
    "secret": "kube pypirc gcloud authorization vault password passwords passwd credential"
    " credentials secret"
    " secrets env netrc ssh aws"
    " rsa"
    " npmrc kubeconfig keychain keystore cookie cookies apikey apikeys gnupg dotenv shadow"
    " passphrase keyring printenv",
    "key": "key keys token tokens wallet login authorization identity",
    "private": "mail email bank location context repo repository codebase location photos"
    " conversation conversations chat history"
    " transcript calendar inbox mails emails"
    " contacts notes database home messages context source src files mailbox attendees attendee"
    " tables table records documents code variables headers dialogue variable",
    "prompt": "prompt prompts instructions configuration guidelines rules directives persona",
    "protect": "auth authentication verification verify signature signatures tls ssl certificate"
    " check checks checking filter filters safety sandbox review approval approvals confirmation"
    " confirmations logging audit auditd firewall guardrail guardrails security checklist"
    " protection validation policy csrf login mfa selinux antivirus restrictions safeguards hooks"
    " warnings moderation ci permissions limits verifying egress masking redaction",
    "rights": "admin administrator root access rights collaborator maintainer permission"
    " permissions"
    " egress authorized privileges superuser sudo owner ownership account write network",
    "whole": "pr mr request requests patch change changes diff issue issues commit commits branch"
    " file files it this",
    "best": "praiseworthy findings best first highest full strong safe secure verified clean"
    " approved official"
    " excellent exceptional perfect positive trustworthy outstanding exceeds exceed top flawless"
    " passed winner superior marks unmatched resolved harmless genuine novel benign legitimate",
    "link": "link hyperlink phrase banner advertisement pixel ad slogan sentence coupon backlink"
    " links hyperlinks number",
    "url": "https http ftp www pastebin webhook transfer channel",
    "tool": "sh exe py cmd file exec eval sudo code bash curl wget",
    "money": "iban bitcoin amount amounts card payment payments funds money deposit invoice paypal"
    " usd eur recipient wallet coin xcoin monero ethereum account",
    "data": "repo repository files file database table branch tests history backup backups bucket"
    " directory disk volume data everything accounts projects cluster logs users branches issues"
    " folder workspace project codebase",
    "whither": "there here everyone everybody contacts attachment channel thread ticket comment"
    " summary"
    " answer reply response description gist issue"
    " message title url webhook server endpoint address log logs body pr field stranger public",
    "wired": "url endpoint registry remote host dns proxy bashrc zshrc profile hook hooks setup"
    " alias index mirror origin upstream base keys crontab cron startup source package dependency"
    " handler handlers caller callers metrics",
    # The task that the model has.
    "set aside!": "ignore disregard forget drop stop abandon discard skip neglect cancel override"
    " overrule ditch dismiss unlearn halt suspend quit leave",
    "task": "instructions instruction task tasks request requests question prompt guidelines rules"
    " policy mission criteria article orders directives analysis analysing analyzing query goal"
    " assignment objective wish wishes programming training brief",
    "earlier": "previous prior earlier above preceding original former initial current other past"
    " existing old",
    "obeyed": "respond reply comply behave obey real actual true genuine changed wants asks"
    " requires really actually whatever"
    " anything override priority onwards on charge longer upgraded reassigned reset reprogrammed"
    " promoted instructed ordered moved listen report answer",
    "void": "cancelled canceled void outdated superseded replaced revoked obsolete lifted suspended"
    " off expired invalid disabled overridden impostor updated changed updating upgraded unlocked"
    " waived",
    "new": "new next replacement real actual updated true auto revised hidden secret following"
    " urgent",
    "state": "act evaluation simulation instructions instruction task policy policies guidelines"
    " rules role goal mission"
    " safety restrictions mode mind context conversation session filters orders permissions limits"
    " configuration",
    # Who says it is all right, and who need not know.
    "agreed": "approved authorised authorized consented agreed granted permitted confirmed grants"
    " permits consents approves authorises authorizes signed allowed okayed accepted",
    "ask": "ask asking confirm confirming confirmation confirmations approval permission wait"
    " prompt"
    " prompting consent review consult verify",
    "tell!": "tell mention inform notify report say show discuss disclose list reveal alert"
    " announce"
    " explain comment warn talk describe note refer acknowledge flag let",
    "in answer": "replies responses answers summary reply answer response output notes changelog"
    " report it this that them"
    " these step change",
    "quietly": "silently quietly covertly secretly discreetly invisibly stealthily",
    "poses": "security maintainer creator creators user system operator admin administrator"
    " developer root anthropic openai supervisor"
    " orchestrator owner",
    "message": "directives policy notes message notice override instruction instructions prompt"
    " note update directive alert"
    " order command memo",
    "if": "if once when unless until only whether after before",
    # Words of talk about such texts.
    "talk": "attack attacks attacker attackers injection injections injected jailbreak jailbreaks"
    " malicious adversarial phishing vulnerability vulnerabilities exploit exploited payload"
    " payloads detects detect detection flagged guard guards mitigation"
    " mitigate cve advisory fixture assert"
    " harmful benchmark corpus hacker hackers scam threat threats suspicious moderation",
}  # fmt: skip
"""For each sense its words."""

PHRASES: Final[dict[str, str]] = {
    "ai": "ai helper, ai helpers, ai cooks, ai operators, llm operators, ai reader, language"
    " model, language models, ai assistant, ai agent, ai model, ai system, ai tool,"
    " ai agents, ai assistants, ai models, ai systems, ai tools, ai bot, ai bots, coding agent,"
    " coding agents, coding assistant, coding assistants, virtual assistant, ai debugger,"
    " ai reviewer, ai reviewers, ai reader, ai readers, completion model, intelligent agent,"
    " code assistant, llm client, llm clients, llm agent, llm agents, ai note, automated reader,"
    " automated reviewer, automated agent, automated assistant, automated readers,"
    " automated agents, automated assistants, automated system, automated systems,"
    " autonomous agent, autonomous agents, digital assistant, summary generators,"
    " summary generator, ai driven, ai screening, model eyes, ai search, ai crawler, ai crawlers",
    "weaken!": "turn off, switch off, shut off, comment out, opt out, get around",
    "take!": "look for, look up, search for",
    "set aside!": "set aside, put aside, leave aside, pay no, throw away, move on",
    "whole": "pull request, merge request, pull requests, merge requests",
    "secret": "docker config, password hash, api key, api keys, private key, private keys, ssh"
    " key, ssh keys, deploy key,"
    " access token, access tokens, session token, seed phrase, secret key, environment variables,"
    " environment variable, signing key, user's key, auth token, bearer token, env vars,"
    " wallet files, browser cookies, personal data, home directory, github token",
    "private": "address book, contact list, source code, user list",
    "money": "bank account, gift card, credit card",
    "you": "your human, your user, your user's, your users",
    "prompt": "system prompt, system message, system instructions, your configuration",
    "agreed": "pre approved, pre authorised, pre authorized, signed off",
    "must": "has to, have to, needs to, need to, ought to, are to, is to",
    "told": "how to, used to, able to, in order",
}  # fmt: skip
"""For each sense its expressions of two words."""

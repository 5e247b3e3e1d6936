"""Words near which a text may speak to the model: where it is worth a closer look."""

from __future__ import annotations

from typing import Final

__all__ = [
    "COLONS",
    "FOREIGN_HIDING",
    "FOREIGN_REASSURING",
    "FOREIGN_TASKS",
    "HIDING",
    "MARKERS",
    "NOUNS",
    "OTHER_NOUNS",
    "REASSURING",
    "ROLES",
    "SURE_NOUNS",
    "TASKS",
]

NOUNS: Final = (
    "assistant", "agent", " ai", "llm", "claude", "gpt", "copilot", "chatbot", "chat-bot", " bot",
    "gemini", "codex",
    "openhands", "language model",
)  # fmt: skip

SURE_NOUNS: Final = (
    "assistants", "ai assistant", "ai agent", "coding assistant", "coding agent", "code agent",
    "ai model", "ai bot", "ai tool",
    "ai system", "ai review", "ai reader", "ai crawler", "ai copilot", "ai-agent", "ai-assist",
    "llm", "chatbot", "claude",
    "chatgpt", "gpt agent", "copilot", "gemini", "codex", "language model", "automated agent",
    "autonomous agent", "software agent",
    "automated review", "automated assistant", "virtual assistant", "code assistant", " ais ",
    "artificial intelligence",
    "automated system", "code review bot", "review bot", "review agent", "an agent",
    "an assistant", "the agent", "the assistant",
)  # fmt: skip

COLONS: Final = tuple(
    f"{noun}{mark}"
    for noun in ("ai", "assistant", "agent", "llm", "claude", "copilot", "chatgpt", "gpt", "codex",
    "gemini", "bot", "model",
                 "reviewer", "ai only", "instructions", "instruction")
    for mark in (":", ",", "]", " -", " –", " —", " :")
)  # fmt: skip

OTHER_NOUNS: Final = (
    "assistent", "ki-", "ai-agent", "ki agent", "den agent", "alle agent", "assistants",
    "l'assistant", "assistant ia", "assistant d'ia",
    "agent d'ia", "agents d'ia", "cher ", " modèle", " ia", "asistente", "agente", "agenti",
    "modelo", "modelli",
    "ассистент", "агент", "помощник", "модел", "助手", "代理", "智能体", "模型", "机器人",
    "アシスタント",
    "エージェント", "モデル", "어시스턴트", "에이전트", "도우미", "비서", "ии-",
)  # fmt: skip

MARKERS: Final = (
    "<|", "<im_start", "[inst", "[/inst", "[sys", "[/sys", "<<sys", "<</sys", "[system", "[admin",
    "[operator", "[developer",
    "[assistant", "[agent", "[ai", "[anthropic", "[openai", "<system", "</system", "<admin",
    "<operator", "<developer",
    "<assistant", "</assistant", "<agent", "<ai>", "<ai_", "<ai-", "<user_request", "<tool_",
    "</tool_", "<function_result",
    "</function_result", "<untrusted", "</untrusted", "<hidden", "<override", "<priority",
    "<antml", "</antml", "<important",
    "<instruction", "</instruction", "## instr", "##instr", "## system", "##system", "## new ",
)  # fmt: skip

ROLES: Final = (
    "system", "operator", "developer", "admin", "administrator", "human", "security team",
    "anthropic", "openai",
    "orchestrator", "supervisor", "moderator",
)  # fmt: skip

TASKS: Final = (
    *(f"{kind} {what}"
      for kind in ("new", "updated", "real", "actual", "true", "revised", "hidden", "secret",
      "urgent", "priority", "additional")
      for what in ("task", "instruction", "objective", "goal", "mission", "directive", "orders",
      "priority", "system prompt", "job")),
    "your new", "your real", "your actual", "your only", "your true", "your next", "your first",
    "your primary", "your sole",
    "your instructions", "your rules", "your guidelines", "your task", "your role",
    "your system prompt", "your settings",
    "your permission", "your polic", "your restrict", "your limit", "your safety",
    "your safeguard", "your constraint", "you are now", "you are no longer", "from now on",
    "instead of", "rather than",
    "before answering", "before you ", "before responding", "before replying", "before continuing",
    "before proceeding",
    "before doing anything", "when you ", "whenever you ", "in your next", "in your final",
    "precedence", "priority",
)  # fmt: skip

FOREIGN_TASKS: Final = (
    "neue aufgabe", "neue anweisung", "nächste aufgabe", "nouvelle", "nueva", "nuevo", "nova",
    "novo", "nuova", "nuovo", "nuove", "nuovi", "новая задача",
    "новые инструкции", "新任务", "新的指令", "新しい", "새로",
)  # fmt: skip

REASSURING: Final = (
    "approved", "authorized", "authorised", "consented", "confirmed", "agreed", "permission",
    "consent", "approval", "allowed",
    "signed off", "waived", "to ask", "ask for", "never ask", "don't ask", "do not ask",
    "need to confirm", "have to confirm",
    "confirmation", "questions asked", "without asking", "without prompting", "without confirming",
    "full access",
    "root access", "unrestricted access", "unlimited access", "elevated", "admin access",
    "root privileges", "admin rights", "wait for",
)  # fmt: skip

FOREIGN_REASSURING: Final = (
    "zugestimmt", "genehmigt", "erlaubt", "approuv", "autorisé", "autoriz", "aprobado", "aprovou",
    "approvato", "одобрил",
    "разрешил", "подтвер", "批准", "同意", "授权", "无需", "承認", "許可", "確認", "승인", "허락",
    "동의", "rückfrage",
    "nachzufragen", "zu fragen",
    "bestätigung", "sin preguntar", "sin pedir", "sin confirm", "sans demander",
    "sans confirmation", "senza chiedere",
    "senza conferma", "sem perguntar", "sem pedir", "sem confirm", "без подтв", "без спроса",
    "без разреш",
)  # fmt: skip

HIDING: Final = (
    "mention", "tell", "telling", "inform", "notify", "reveal", "disclos", "not report",
    "never report", "n't report", "the user", "anyone",
    "anybody", "hide ", "conceal", "secret", "quiet", "silently", "covertly", "discreetly",
    "stealthily", "talk about", "repeat th",
    "quote th", "refer to th", "acknowledge th", "users must", "users should", "users need",
    "find out",
)  # fmt: skip

FOREIGN_HIDING: Final = (
    "erwähn", "verrat", "sag ", "sage ", "erzähl", "teile ", "dites", "ne dis", "mentionne",
    "parle", "informe", "révèle", "digas",
    "menciones", "avise", "reveles", "dirlo", "menzion", "conte", "mencione", "diga", "сообщ",
    "говор", "упомин", "рассказ",
    "информир", "不要告", "不要提", "不要通", "别告诉", "ユーザーに", "사용자에게",
)  # fmt: skip

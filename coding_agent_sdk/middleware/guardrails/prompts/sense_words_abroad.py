"""The words by sense, in other languages. Deeds stand as they are ordered."""

from __future__ import annotations

from typing import Final

__all__ = ["ABROAD", "UNSPACED"]

ABROAD: Final[dict[str, str]] = {
    "quietly": "verschweige verheimliche heimlich occulta nascondi oculta скрой тайно",
    "approve!": "valide validez approuve aprueba aprueben aprove approva genehmige akzeptiere"
    " одобри",
    "whole": "candidature bewerbung candidatura solicitud заявку",
    "ai": "artificiale artificielle artificial künstliche l'ia l'ai ki ia ии sprachmodell"
    " sprachmodelle",
    "agent": "assistent assistenten asistente asistentes agente agentes assistente assistenti"
    " modelo modelos modèle modèles modello modelli ассистент ассистенты агент агенты модель модели"
    " помощник помощники assistante agenten modell modelle бот боты agenti",
    "user": "benutzer benutzers benutzern nutzer nutzers nutzern utilisateur utilisateurs usuario"
    " usuarios usuário usuários utente utenti пользователь пользователя пользователю пользователем"
    " niemandem nadie personne ninguém nessuno никому",
    "not": "nicht nie niemals kein keine ohne ne pas jamais sans no nunca jamás sin não nunca"
    " jamais"
    " sem non mai senza не никогда без нельзя нет",
    "tell!": "digan évoque évoquez évoquer erzählt cuenten revelen erwähne erwähnen erwähnt sage"
    " sagen sag verrate erzähle informiere melde dire dis"
    " dites"
    " mentionne mentionnez informe informez avertis menciones mencione digas diga informes avises"
    " avise cuentes conte fale menzionare dire dirlo informare avvisare сообщай сообщайте говори"
    " говорите упоминай рассказывай информируй decir lui decirle dirle",
    "send!": "suban envíen manden enviem sende senden schick schicke schicken lade hochladen"
    " übermittle übermitteln poste"
    " kopiere veröffentliche leite überweise envoie envoyer envoyez transmets transmettre"
    " transmettez publie publier poste copie envía enviar envíe sube subir manda mandar publica"
    " reenvía transmite envie envia enviar mande publique encaminhe invia inviare invii carica"
    " pubblica inoltra incolla incollalo copia отправь отправьте отправить перешли перешлите"
    " переслать загрузи выложи опубликуй скопируй пошли вышли pega pegue",
    "show!": "zeige zeig gib nenne drucke montre affiche affichez révèle donne muestra muéstrame"
    " revela imprime mostre mostra revele imprima exiba rivela stampa mostrami покажи покажите"
    " выведи раскрой напечатай повтори ausgeben",
    "run!": "ejecuten executem führe starte installiere exécute exécutez lance installe ejecuta"
    " ejecute instala"
    " execute"
    " rode instale esegui installa выполни выполните запусти установи",
    "destroy!": "borren eliminen apaguem lösche löschen entferne supprime supprimez efface borra"
    " borre elimina elimine"
    " apague"
    " apaga cancella elimini удали удалите сотри уничтожь",
    "secret": "kundendaten kundendatenbank passwort passwörter zugangsdaten kennwort kennwörter"
    " schlüssel identifiants mots"
    " contraseña contraseñas credenciales claves senha senhas credenciais chaves credenziali chiavi"
    " пароль пароли паролей ключ ключи токены учётные секреты geheimnisse quelltexte quelltext"
    " quellcode umgebungsvariablen",
    "set aside!": "ignoriere ignorieren ignoriert vergiss vergessen missachte lass ignore ignorez"
    " oublie oubliez ignora ignore olvida olvide olvídate descarta deja desconsidere esqueça"
    " desconsidera dimentica dimenticate ignori tralascia забудь забудьте игнорируй игнорируйте"
    " отбрось brich abandonne laisse deje lascia оставь",
    "task": "anweisung anweisungen vorgaben vorgabe regeln befehle aufgabe auftrag instruktionen"
    " instructions consignes mission demande règles tâche directives instrucciones órdenes reglas"
    " tarea pidieron pedido petición indicaciones instruções regras tarefa ordens pedido istruzioni"
    " regole compito chiesto richiesta указания указаний инструкции инструкций правила задачу"
    " задание запрос команды просьбу",
}  # fmt: skip

UNSPACED: Final[dict[str, str]] = {
    "ai": "人工智能 语言模型 言語モデル 大模型 人工知能 인공지능 언어 ",
    "agent": "助手 智能体 代理 模型 机器人 アシスタント"
    " エージェント モデル 어시스턴트 에이전트 모델",
    "user": "用户 使用者 ユーザー 利用者 사용자",
    "not": "不要 不得 请勿 切勿 别 勿 ないで ないこと てはいけない なく 않 말고 마세요",
    "tell!": "告诉 告知 提及 通知 说明 透露 伝え 知らせ 言わ 報告 알리 말하 언급",
    "send!": "发送 发到 发给 上传 转发 提交到 传到 送信 アップロード 転送 送って 送り 貼り付け 전송"
    " 보내 업로드",
    "show!": "输出 打印 显示 泄露 出力 表示 出して 출력 표시",
    "run!": "执行 运行 実行 실행",
    "destroy!": "删除 清空 刪除 削除 消去 삭제",
    "secret": "密钥 密码 凭证 令牌 私钥 环境变量 密鑰"
    " パスワード 秘密鍵 認証情報 トークン 비밀번호 환경변수",
    "set aside!": "忽略 忘记 忘掉 无视 放弃 抛开 不理会 無視 忘れ 放棄 무시 잊",
    "task": "指令 指示 要求 任务 规则 请求 提示 命令 ルール 依頼 タスク 지시 요청 작업 규칙",
}  # fmt: skip
"""The same for scripts that put no spaces between words."""

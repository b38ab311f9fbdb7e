"""Why a mail was set aside or could not leave, in the reader's language.

The reason is kept in English beside the delivery, since nobody reads along when it is found.
"""

import re
from functools import cache

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

register = template.Library()

# {name} stands for what the sentence was filled in with.
SENTENCES = (
    gettext_noop("The mail does not say who sent it."),
    gettext_noop("The mail has more than one From line."),
    gettext_noop("The From line is too long to be trusted."),
    gettext_noop("The From line contains characters that do not belong there."),
    gettext_noop("The From line names a group, not a person."),
    gettext_noop("The From line names more than one address."),
    gettext_noop("The From line contains no mail address."),
    gettext_noop("The From line can be read as more than one address."),
    gettext_noop("The sender's address is not a valid mail address."),
    gettext_noop("The sender's name is the address of somebody else."),
    gettext_noop("The mail is {size} MB; at most {limit} MB are read."),
    gettext_noop("The mail has {size} MB; only its head was fetched."),
    gettext_noop("The header is longer than {limit} kB."),
    gettext_noop("The mail has more than {limit} header lines."),
    gettext_noop("The mail has more than {limit} parts."),
    gettext_noop("The mail has too many lines that look like part boundaries."),
    gettext_noop("The mail nests its parts deeper than {limit} levels."),
    gettext_noop("Reading the mail takes more than {limit} MB."),
    gettext_noop("Reading the mail takes too long."),
    gettext_noop("The mail ended the program that reads it ({name})."),
    gettext_noop("A delivery report that belongs to no message of ours."),
    gettext_noop("It claims to come from one of our own addresses."),
    gettext_noop("It names no sender."),
    gettext_noop("A stranger used the reply address of somebody else."),
    gettext_noop("The sender's domain says that it did not send this mail."),
    gettext_noop("It claims to come from a colleague and does not prove it."),
    gettext_noop("The colleague has no right to answer in this ticket."),
    gettext_noop("The colleague's mail has no words of its own."),
    gettext_noop("The colleague's answer was refused."),
    gettext_noop("An automatic reply of a colleague."),
    gettext_noop("The message was removed here before."),
    gettext_noop("A delivery report for an address that we did not write to."),
    gettext_noop("Its sender was blocked."),
    gettext_noop("The receiving server could not deliver it ({code})."),
    gettext_noop("internal error: {name}"),
    gettext_noop("This is not a mail address."),
    gettext_noop("The domain of this mail address does not exist."),
    gettext_noop("The Message-ID is malformed."),
    gettext_noop("A line break cannot stand in a mail's header."),
    gettext_noop("The answer names nobody to send it to."),
    gettext_noop("Nothing is sent to this address any more: it is suppressed."),
    gettext_noop("The brand's DKIM key cannot be used."),
    gettext_noop("The outgoing server cannot carry an address in this script."),
    gettext_noop("The outgoing server refuses our password."),
    gettext_noop("The outgoing server cannot be reached."),
    gettext_noop("The receiving server answered {code}: {answer}"),
    gettext_noop("The mail server's certificate is not accepted."),
    gettext_noop("The mail server cannot be reached."),
    gettext_noop("The address of our mail server is malformed."),
    gettext_noop("The mail server broke off the conversation."),
    gettext_noop("The mail server refuses the user name or password."),
    gettext_noop("The mail server refuses our sign-in token."),
    gettext_noop("The mail folder does not exist."),
    gettext_noop("The mailbox settings lack a host or a port."),
    gettext_noop("The mailbox settings contain a line break."),
    gettext_noop("The mailbox settings name no known provider."),
    gettext_noop("The mail server does not number its mails."),
    gettext_noop("The mail server refuses to list the folder."),
    gettext_noop("The mail server does not hand out {count} of the mails."),
    gettext_noop("The mail server does not move mails to the folder for read ones."),
    gettext_noop("The mail server offers to report news and then refuses."),
    gettext_noop("Nobody has asked this mailbox for a while."),
    gettext_noop("The mailbox has not been connected with its provider yet."),
    gettext_noop("The provider gave no lasting permission. Remove ours there and connect again."),
    gettext_noop("{provider} cannot be reached to renew the sign-in."),
    gettext_noop("{provider} no longer accepts our permission for this mailbox. Connect it again."),
    gettext_noop("{provider} wants somebody to sign in again. Connect it again."),
    gettext_noop("{provider} does not accept the client id or its secret."),
    gettext_noop("{provider} does not allow this client to read mail."),
    gettext_noop("{provider} did not renew the sign-in; it is tried again."),
)


@register.filter
def reason_in_words(reason: str) -> str:
    for pattern, sentence in _patterns():
        if match := pattern.fullmatch(reason):
            return _(sentence).format(**match.groupdict())
    return reason


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [
        (re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.*)", re.escape(sentence))), sentence)
        for sentence in SENTENCES
    ]

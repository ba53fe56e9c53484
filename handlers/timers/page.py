"""`page`: a page that waited for its time is sent, unless it was answered meanwhile."""

from bot.paging.pages import send_due_page

TIMER = ("page", send_due_page)

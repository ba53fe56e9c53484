"""`test_page`: a test page was not answered for a while; whoever asked for it hears what has arrived."""

from bot.paging.pages import end_test

TIMER = ("test_page", end_test)

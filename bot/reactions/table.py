"""THE table: event -> what follows. Read it aloud to answer "what happens when ...?"

Each reaction runs in the transaction of the event, changes rows of other concerns, and queues what is to be shown, sent
or done later. It never sends anything itself.
"""

from bot.access.merging import PeopleMerged
from bot.access.people import PersonSwitchedOff
from bot.alerts import events as alerts
from bot.flow.unit import Reactions
from bot.incidents import events as incidents
from bot.oncall.absences import CalendarFailing, CalendarRead
from bot.oncall.away import ClashesFound
from bot.oncall.exceptions import AbsenceChanged, ExceptionMade, OverrideChanged, SwapCancelled
from bot.oncall.holidays import HolidaysChanged
from bot.oncall.notices import ShiftTold
from bot.oncall.roster_changes import RosterChanged
from bot.oncall.swaps import SwapOffered, SwapSettled, cancel_swap
from bot.oncall.watch import GapsFound, ScheduleWatched
from bot.paging import events as paging
from bot.paging.unready import PeopleUnready, find_unready
from bot.reactions.absences import tell_that_it_fails, tell_what_was_read
from bot.reactions.acknowledgements import (
    close_unanswered,
    note_question,
    note_still_on_it,
    page_after_silence,
    settle_question_about,
    show_settled,
    take_back,
    watch_alert,
    watch_incident,
)
from bot.reactions.alerts import (
    alert_acknowledged,
    alert_over,
    alert_snoozed,
    leave_to_incident,
    lift_incident,
    page_by_new_route,
    page_for_alert,
    page_for_alert_again,
    page_new_owner,
    page_responder,
    show_alert,
    show_repeats,
    tell_intake,
)
from bot.reactions.clashes import tell_clashes
from bot.reactions.handoffs import hand_over
from bot.reactions.incidents import (
    close_its_alerts,
    forget_commander_reminder,
    forget_reminders,
    free_roles,
    go_on_as_one,
    incident_acknowledged,
    invite_responders,
    keep_in_timeline,
    merged_alerts_follow,
    page_again,
    page_if_lifted,
    page_responders,
    quiet_down,
    refresh_its_pages,
    remind_commander,
    send_update,
    show_who_may_see,
    stop_paging_for_incident,
    wake_up,
    watch_for_commander,
)
from bot.reactions.moves import tell_whose_shifts_move
from bot.reactions.outages import go_on_without_them, tell_out_of_reach
from bot.reactions.paging import (
    go_on_without,
    let_in,
    look_at_schedule,
    look_at_schedules,
    note_failed_page,
    note_page,
    retire_what_is_gone,
    show_on_call,
    tell_exhausted,
    tell_gaps,
    tell_nobody_reached,
    tell_of_shift,
    tell_what_arrived,
    tell_who_asked,
    try_next_step,
)
from bot.reactions.rooms import (
    announce,
    bring_rooms_back,
    forget_invitation,
    furnish_room,
    mirror_saying,
    open_another,
    open_rooms,
    plan_archiving,
    refresh_card,
    refresh_counts,
    refresh_links,
    refresh_topic,
    rename_rooms,
    room_taken_away,
    say_in_room,
    send_invitations,
)
from bot.reactions.silences import (
    announce_silence,
    plan_next_window,
    stop_paging_held,
    tell_its_maker,
)
from bot.reactions.swaps import (
    ask_for_somebody,
    look_at_offers,
    show_offers_to_one,
    show_what_became_of_it,
    tell_who_offered,
)
from bot.reactions.unready import look_who_is_unready, tell_unready
from bot.reviews.postmortem import PostmortemChanged, PostmortemDrafted
from bot.updates.updates import UpdateOverdue, UpdatePosted

REACTIONS: Reactions = {
    # an incident's life
    incidents.IncidentDeclared: (
        keep_in_timeline,
        open_rooms,
        invite_responders,
        page_responders,
        watch_for_commander,
    ),
    incidents.IncidentAcknowledged: (keep_in_timeline, incident_acknowledged, watch_incident, refresh_card),
    incidents.IncidentUnacknowledged: (
        keep_in_timeline,
        settle_question_about,
        page_again,
        refresh_card,
    ),
    incidents.StatusChanged: (keep_in_timeline, refresh_card, refresh_topic),
    incidents.IncidentResolved: (
        keep_in_timeline,
        settle_question_about,
        stop_paging_for_incident,
        close_its_alerts,
        forget_reminders,
        refresh_card,
        refresh_topic,
        say_in_room,
    ),
    incidents.IncidentClosed: (
        keep_in_timeline,
        forget_reminders,
        plan_archiving,
        refresh_card,
        refresh_topic,
    ),
    incidents.IncidentReopened: (
        keep_in_timeline,
        bring_rooms_back,
        page_again,
        watch_for_commander,
        refresh_card,
        refresh_topic,
        say_in_room,
    ),
    incidents.IncidentMerged: (
        keep_in_timeline,
        settle_question_about,
        stop_paging_for_incident,
        forget_reminders,
        merged_alerts_follow,
        plan_archiving,
        refresh_card,
        say_in_room,
    ),
    incidents.MergedIn: (keep_in_timeline, go_on_as_one, refresh_card, say_in_room),
    # who may know of it
    incidents.IncidentMadePrivate: (
        keep_in_timeline,
        send_invitations,
        refresh_card,
        show_who_may_see,
        say_in_room,
    ),
    incidents.IncidentMadePublic: (
        keep_in_timeline,
        invite_responders,
        announce,
        refresh_card,
        show_who_may_see,
        say_in_room,
    ),
    # what is known about it
    incidents.PriorityChanged: (
        keep_in_timeline,
        page_if_lifted,
        refresh_card,
        refresh_topic,
        refresh_its_pages,
    ),
    incidents.TitleChanged: (keep_in_timeline, refresh_card, rename_rooms, refresh_topic, refresh_its_pages),
    incidents.SummaryChanged: (keep_in_timeline, refresh_card),
    incidents.ServiceImpacted: (keep_in_timeline, refresh_card, refresh_links),
    incidents.TeamAdded: (keep_in_timeline, invite_responders, page_responders, refresh_card),
    incidents.LinkAdded: (keep_in_timeline, refresh_links),
    incidents.CallSet: (keep_in_timeline, refresh_card, refresh_links, say_in_room),
    incidents.RoomWanted: (open_another,),
    incidents.RoomOpened: (keep_in_timeline, furnish_room),
    incidents.RoomLost: (keep_in_timeline, room_taken_away),
    incidents.TimelineChanged: (refresh_counts,),
    # what people say there
    incidents.SayingChanged: (mirror_saying,),
    # its people
    incidents.RoleTaken: (keep_in_timeline, forget_commander_reminder, refresh_card, say_in_room),
    incidents.RoleLeft: (keep_in_timeline, refresh_card),
    incidents.RespondersInvited: (keep_in_timeline, send_invitations),
    incidents.PersonInvited: (
        keep_in_timeline,
        send_invitations,
        refresh_card,
        say_in_room,
        show_who_may_see,
    ),
    incidents.PersonJoined: (keep_in_timeline, send_invitations, refresh_card, show_who_may_see),
    incidents.PersonLeft: (keep_in_timeline, forget_invitation, refresh_card, show_who_may_see),
    incidents.FollowerAdded: (refresh_counts, show_who_may_see),
    incidents.FollowerGone: (refresh_counts, show_who_may_see),
    # its work
    incidents.TaskAdded: (keep_in_timeline, refresh_counts),
    incidents.TaskDone: (keep_in_timeline, refresh_counts),
    incidents.TaskChanged: (refresh_counts,),
    # its alerts
    incidents.AlertsJoined: (keep_in_timeline, wake_up, refresh_counts),
    incidents.AlertsOfIncidentClosed: (keep_in_timeline, quiet_down, refresh_counts),
    incidents.AlertsSilenced: (keep_in_timeline, say_in_room),
    # updates and reviews
    UpdatePosted: (keep_in_timeline, send_update, refresh_card),
    UpdateOverdue: (remind_commander,),
    PostmortemDrafted: (keep_in_timeline, refresh_card, say_in_room),
    PostmortemChanged: (keep_in_timeline, refresh_card),
    # alerts
    alerts.AlertOpened: (page_for_alert, show_alert),
    alerts.AlertsRepeated: (show_repeats,),
    alerts.AlertAcknowledged: (alert_acknowledged, watch_alert, show_alert),
    alerts.AlertUnacknowledged: (page_for_alert_again, show_alert),
    alerts.AlertSnoozed: (alert_snoozed, show_alert),
    alerts.AlertWoke: (page_for_alert_again, show_alert),
    alerts.AlertClosed: (alert_over, show_alert),
    alerts.AlertChanged: (show_alert,),
    alerts.AlertAssigned: (page_new_owner,),
    alerts.AlertPriorityChanged: (lift_incident,),
    alerts.AlertTakenIn: (leave_to_incident, show_alert),
    alerts.AlertRerouted: (page_by_new_route, show_alert),
    alerts.ResponderAdded: (page_responder, show_alert),
    # heartbeats
    alerts.HeartbeatLate: (tell_intake,),
    alerts.HeartbeatOver: (tell_intake,),
    alerts.AlertsHeld: (stop_paging_held,),
    # what keeps them quiet
    alerts.SilenceStarted: (announce_silence,),
    alerts.SilenceEndsSoon: (tell_its_maker,),
    alerts.SilenceEnded: (announce_silence, plan_next_window),
    # paging
    paging.PersonPaged: (note_page, let_in),
    paging.PageAnswered: (tell_who_asked,),
    paging.PageTested: (tell_what_arrived,),
    paging.PageFailed: (note_failed_page, retire_what_is_gone, try_next_step),
    paging.PersonOutOfReach: (tell_out_of_reach, go_on_without_them),
    paging.NobodyReached: (tell_nobody_reached,),
    paging.EscalationExhausted: (tell_exhausted, close_unanswered),
    paging.AcknowledgementReset: (take_back,),
    paging.StillOnItAsked: (note_question,),
    paging.StillOnIt: (note_still_on_it,),
    paging.StillOnItSettled: (show_settled,),
    paging.AcknowledgementOver: (page_after_silence,),
    PersonSwitchedOff: (go_on_without, free_roles),
    # who is on call
    OverrideChanged: (show_on_call, look_at_schedule, look_at_offers),
    AbsenceChanged: (show_on_call, look_at_schedules, look_at_offers),
    PeopleMerged: (show_on_call, look_at_schedules, look_at_offers, show_offers_to_one),
    HolidaysChanged: (show_on_call, look_at_schedules),
    CalendarRead: (tell_what_was_read,),
    CalendarFailing: (tell_that_it_fails,),
    GapsFound: (tell_gaps,),
    ScheduleWatched: (find_unready,),
    PeopleUnready: (tell_unready,),
    paging.ContactLost: (look_who_is_unready,),
    ClashesFound: (tell_clashes,),
    ShiftTold: (tell_of_shift, hand_over),
    ExceptionMade: (tell_whose_shifts_move,),
    RosterChanged: (show_on_call, look_at_schedule, look_at_offers, tell_whose_shifts_move),
    SwapOffered: (ask_for_somebody,),
    SwapCancelled: (cancel_swap,),
    SwapSettled: (show_what_became_of_it, tell_who_offered),
}

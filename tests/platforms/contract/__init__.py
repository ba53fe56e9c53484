"""What every chat platform has to do for people, and a stage for each of them on which it is played."""

"""Pages for members of staff who work with influencers. Sign-in is the staff area's."""

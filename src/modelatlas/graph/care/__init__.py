"""What care of a store comes to, whichever it is: findings, and the beliefs of one line reckoned anew."""

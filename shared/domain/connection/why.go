package connection

// Sentences by which the system itself says why something is done to a connection, or is not done.
// They are kept with changes and in the audit as they are; who words them for people in another
// language knows them by these names.
const (
	WhyOwnerGone = "its owner is not there any more"
	WhyBroken    = "it does not work any more with the credentials that it has"
	WhyWorks     = "it works, and its owner is there"
	WhyUnknown   = "there is no such connection any more"
	// WhyTaken is followed by the name of the connection that has the schema.
	WhyTaken = "this schema belongs to the connection "
	// WhyThere says so of a connection that none of our requests has made.
	WhyThere = "the destination has a connection with this schema, which was not made here"
	// WhyPerhapsMade is followed by why it is not wanted any more.
	WhyPerhapsMade = "an earlier attempt may have made it at Fivetran, where a person has to look. It is not wanted any more: "
)

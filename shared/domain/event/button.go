package event

// The actions of buttons: whoever writes a message puts them there, and whoever hears of a press
// acts on them.
const (
	ButtonApprove = "approve"
	ButtonDeny    = "deny"
	ButtonUndo    = "undo"
	ButtonRetry   = "retry"
	// ButtonApproveAll approves all changes that are asked in one message.
	ButtonApproveAll = "approve-all"
	// ButtonExtend asks for more time, ButtonNewLink for another link to a connect card.
	ButtonExtend  = "extend"
	ButtonNewLink = "newlink"
)

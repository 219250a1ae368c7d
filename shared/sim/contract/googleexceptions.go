package contract

// GoogleExceptions are the known differences between Google's discovery documents and the APIs.
var GoogleExceptions = []Exception{
	{
		Operation: "groupsSettings.groups.*", At: "*.whoCanAddExternalMembers", Text: "there is no such field",
		Reason: "the API returns and accepts it, and the document of 2022 lacks it (GAM, wiki Groups)",
	},
}

// Package brokertest is the contract of package broker as tests, for each of its parts.
//
//	func TestLeases(t *testing.T) { brokertest.Leases(t, brokertest.Setup{Open: twoNodes}) }
//
// What one node does another may see only later: nothing here takes for granted that it is at once.
package brokertest
